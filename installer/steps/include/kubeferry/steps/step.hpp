// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/base/stream.hpp>
#include <kubeferry/host/host.hpp>

// A reversible change to a host: check, apply, undo.
namespace kubeferry::steps {

/// Where the installer keeps its own things on a host; everything below it is root's alone (0700).
inline constexpr std::string_view k_state_directory = "/var/lib/kubeferry";

/// What a step would do, for `--dry-run`.
struct Preview {
  std::string action;             ///< "create", "replace", "keep", "run", "start", "set", "load", "pull"
  std::string summary;            ///< one line: "write /etc/containerd/config.toml (0644, 1.2 KiB)"
  std::string diff;               ///< unified diff of a text file; empty for others
  std::vector<std::string> argv;  ///< of a command; empty for others
};

/// What a step may use besides the host.
class Backups;

/// One change. Immutable; knows what it wants, never what was. What was is captured as JSON, goes into the journal
/// before the change is made, and is all that undoing has to go by: undo works in a process that does not know the
/// plan.
class Step {
public:
  virtual ~Step() = default;
  Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  /// Which undo function belongs to it: "file", "directory", "sysctl", "module", "unit", "kubeadm", … (undo.hpp)
  [[nodiscard]] virtual std::string_view kind() const noexcept = 0;
  /// What it changes, unique within its kind: a path, a key, a name. Kind and target together are the step's identity
  /// over all runs.
  [[nodiscard]] virtual std::string target() const = 0;
  /// One line in the imperative: "write /etc/containerd/config.toml".
  [[nodiscard]] virtual std::string summary() const = 0;

  /// Whether the host is already as this step wants it; then nothing is applied. Looks, and changes nothing.
  virtual Result<bool> satisfied(const host::Host& host) const = 0;
  /// What undo needs to know of the host as it is now. Called once, before the first apply(); content worth keeping
  /// goes into `backups`.
  virtual Result<Json> capture(const host::Host& host, Backups& backups) const = 0;
  /// Makes the change. Must be repeatable: it may have been killed half-way before.
  virtual Status apply(const host::Host& host) const = 0;
  virtual Result<Preview> preview(const host::Host& host) const = 0;
  /// What undo will know this step's work by, such as the digest of a file; written down each time it is begun, so that
  /// later versions of a text are known as ours too. Empty when there is no such thing.
  [[nodiscard]] virtual std::string mark() const { return {}; }
};

using Plan = std::vector<std::unique_ptr<const Step>>;

/// Files that were replaced, kept by digest below k_state_directory/backups (0700) until the step is undone.
class Backups {
public:
  explicit Backups(const host::Host& host) : host_(host) {}
  /// Keeps `content` durably and gives back its name, "sha256:…". io and no_space errors.
  Result<std::string> keep(std::string_view content);
  /// The same for what is too large for memory.
  Result<std::string> keep(Source& content);
  /// integrity error when it is not what its name says.
  Result<std::string> content(std::string_view name) const;
  /// The same as a stream, which fails with an integrity error before its last byte.
  Result<std::unique_ptr<Source>> open(std::string_view name) const;

private:
  const host::Host& host_;
};

}  // namespace kubeferry::steps
