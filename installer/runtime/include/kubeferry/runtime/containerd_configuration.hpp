// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/host/host.hpp>
#include <kubeferry/runtime/detect.hpp>
#include <kubeferry/runtime/version.hpp>

// What containerd must be told, in the dialect of its version (docs/adr/0017-adapting-containerd.md).
namespace kubeferry::runtime {

enum class CgroupDriver { systemd, cgroupfs };
enum class RestrictOomScore { no, yes };

inline constexpr std::string_view k_registry_directory = "/etc/containerd/certs.d";
inline constexpr std::string_view k_containerd_drop_in = "/etc/containerd/conf.d/50-kubeferry.toml";

struct ContainerdWants {
  std::string sandbox_image;  ///< as kubeadm will ask for it
  CgroupDriver cgroup_driver = CgroupDriver::systemd;
  /// Where CNI plugins are looked for, before directories that are configured already. containerd 1.6 to 2.0 know one
  /// directory: the first.
  std::vector<std::string> cni_bin_directories = {"/opt/cni/bin"};
  /// For hosts where we lack CAP_SYS_RESOURCE.
  RestrictOomScore restrict_oom_score = RestrictOomScore::no;
  /// Where hosts.toml files are; of no effect where the host's owner has set another directory.
  std::string registry_directory = std::string(k_registry_directory);
};

/// Files to be written, and what follows from them.
struct ContainerdConfiguration {
  std::vector<ConfigurationFile>
      files;  ///< with absolute paths; complete texts; what needs no change is not among them
  /// Where hosts.toml files belong: k_registry_directory, unless the host's owner has chosen another.
  std::string registry_directory;
};

/// A whole configuration for a containerd that has none. `version` ≥ 1.6.
[[nodiscard]] std::string fresh_containerd_configuration(const Version& version, const ContainerdWants& wants);

/// What to write so that containerd `version` does what is wanted. `existing` is its configuration and what that
/// imports (Containerd::configuration); empty: a fresh one is made at `path`.
///
/// An existing one is adapted: for 2.x by a drop-in, and by an `imports` line when none covers it; for 1.x, where a
/// drop-in would replace the user's whole CRI section, by changing exactly our keys in the file that counts. CRI is
/// taken out of disabled_plugins. unsupported_host errors, each naming file and key, for what cannot be reconciled: old
/// registry tables (`mirrors`, `configs.*.tls`), configuration version 1, inline tables.
Result<ContainerdConfiguration> containerd_configuration(const Version& version, std::string_view path,
                                                         std::span<const ConfigurationFile> existing,
                                                         const ContainerdWants& wants);

/// Asks the real program (`config dump`, from 2.0 on `config migrate`, which alone shows what older versions of a
/// configuration come to there) what the file at `path` and its imports amount to, and compares. Empty when all is as
/// wanted, else one line for each difference. io error when containerd refuses the configuration.
Result<std::vector<std::string>> containerd_differences(const host::Host& host, std::string_view containerd,
                                                        const Version& version, std::string_view path,
                                                        const ContainerdWants& wants);
/// The same of a dump's text. Pure.
Result<std::vector<std::string>> differences_in_dump(std::string_view dump, const ContainerdWants& wants);

}  // namespace kubeferry::runtime
