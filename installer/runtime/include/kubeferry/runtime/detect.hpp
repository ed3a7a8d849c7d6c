// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <kubeferry/host/host.hpp>
#include <kubeferry/installer/client_configuration.hpp>
#include <kubeferry/runtime/version.hpp>
#include <kubeferry/steps/journal.hpp>

// Which container runtimes a host has. Looks, and changes nothing.
namespace kubeferry::runtime {

/// Whose something is.
enum class Origin {
  distribution,  ///< dpkg or rpm has it in its books
  ours,          ///< our journal has it
  other,         ///< somebody put it there
};
[[nodiscard]] std::string_view to_string(Origin origin) noexcept;

struct Program {
  std::string path;
  std::optional<Version> version;  ///< nothing when it does not say
  std::string version_line;        ///< what it printed, safe for a terminal
  Origin origin = Origin::other;
};

struct Unit {
  std::string name;  ///< "containerd.service"
  std::string path;  ///< of the file that systemd takes
  Origin origin = Origin::other;
  bool enabled = false;
  bool active = false;
};

using installer::ConfigurationFile;

inline constexpr std::string_view k_containerd_configuration = "/etc/containerd/config.toml";
inline constexpr std::string_view k_containerd_socket = "/run/containerd/containerd.sock";
inline constexpr std::string_view k_crio_socket = "/run/crio/crio.sock";

struct Containerd {
  Program program;
  std::optional<Unit> unit;
  std::string configuration_path;  ///< what its unit says, else k_containerd_configuration
  std::vector<ConfigurationFile>
      configuration;   ///< that file and what it imports, in the order of loading; may be empty
  std::string socket;  ///< without "unix://"
};

struct Crio {
  Program program;
  std::optional<Unit> unit;
  std::string socket;
};

struct Detected {
  std::optional<Containerd> containerd;
  /// k_containerd_configuration and what it imports, of a host that has no containerd: somebody's all the same.
  std::vector<ConfigurationFile> containerd_configuration;
  std::optional<Crio> crio;
  std::optional<Program> runc;
  std::optional<Program> crictl;
  std::optional<Program> ctr;
};

/// What is on `host`. `journal`, which may be null, tells what is ours. format error for a containerd configuration
/// that is no TOML (containerd would not start with it), naming the line; programs that cannot be run have no version.
Result<Detected> detect(const host::Host& host, const steps::Journal* journal);

/// The unit file that systemd would take for `name` ("kubelet.service"): /etc before /run before /usr. Nothing when
/// there is none.
[[nodiscard]] std::optional<std::string> unit_path(const host::Host& host, std::string_view name);
/// What is known of that unit; nothing when there is no file for it.
[[nodiscard]] std::optional<Unit> find_unit(const host::Host& host, std::string_view name,
                                            const steps::Journal* journal);
/// The program of that name, asked for its version by `arguments`; nothing when the host has none.
[[nodiscard]] std::optional<Program> find_program(const host::Host& host, std::string_view name,
                                                  const steps::Journal* journal,
                                                  const std::vector<std::string>& arguments = {"--version"});

enum class Kind { containerd, crio };
[[nodiscard]] std::string_view to_string(Kind kind) noexcept;

/// The runtime that a node is going to use.
struct Choice {
  Kind kind = Kind::containerd;
  Version version;
  bool installed = false;  ///< the host has it; otherwise it comes from the bundle
  std::string socket;      ///< without "unix://"
};

/// Decides by what is there, the user's `cri_socket` ("unix:///run/crio/crio.sock"; empty: not said) and the version of
/// containerd in the bundle. usage error when both runtimes are there and nobody said which, or a socket is named that
/// belongs to neither; unsupported_host when there is none at all, or it is older than what this program knows
/// (containerd 1.6).
Result<Choice> choose(const Detected& detected, std::string_view cri_socket, const std::optional<Version>& bundled);

/// Whether that is choose()'s error when there is none at all.
[[nodiscard]] bool is_about_no_runtime(const Error& error);

}  // namespace kubeferry::runtime
