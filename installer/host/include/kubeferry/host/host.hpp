// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/process.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry::host {

/// Runs programs. The only interface between the installer and other programs, so that tests can answer for them.
class Runner {
public:
  virtual ~Runner() = default;
  /// As kubeferry::run().
  virtual Result<ProcessOutput> run(const Command& command) = 0;
};

/// Where programs are looked for on a host, whatever PATH says: the installer runs as root.
inline constexpr std::string_view k_program_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Runs on this machine with an environment of its own (PATH as k_program_path, LC_ALL=C, HOME), so that nothing the
/// caller exported (LD_PRELOAD, KUBECONFIG, proxies) reaches a program run as root. Secrets go by file or input.
class SystemRunner final : public Runner {
public:
  Result<ProcessOutput> run(const Command& command) override;
};

/// The machine that is installed on: its files below `root`, its programs by `runner`. `root` is "/" but in tests.
/// Paths in the interface are absolute as the host itself sees them; at() says where they are for us.
class Host {
public:
  Host(std::filesystem::path root, std::shared_ptr<Runner> runner)
      : root_(std::move(root)), runner_(std::move(runner)) {}
  /// This machine.
  static Host local();

  [[nodiscard]] const std::filesystem::path& root() const noexcept { return root_; }
  [[nodiscard]] std::filesystem::path at(std::string_view path) const;
  /// Text of a small file (1 MiB); nothing when it is not there or cannot be read.
  [[nodiscard]] std::optional<std::string> text(std::string_view path) const;
  /// text() of one line, trimmed.
  [[nodiscard]] std::optional<std::string> line(std::string_view path) const;
  [[nodiscard]] bool exists(std::string_view path) const;

  /// The program of that name in k_program_path, as an absolute path on the host; nothing when there is none that can
  /// be executed.
  [[nodiscard]] std::optional<std::string> program(std::string_view name) const;

  /// Runs `command` and gives back whatever came of it. io errors of starting it.
  Result<ProcessOutput> run(const Command& command) const { return runner_->run(command); }
  /// Runs `argv` and gives back its output; an io error with the last line of what it printed when its exit status is
  /// not 0.
  Result<std::string> output_of(std::vector<std::string> argv,
                                std::chrono::milliseconds timeout = std::chrono::seconds(30)) const;
  [[nodiscard]] const std::shared_ptr<Runner>& runner() const noexcept { return runner_; }

private:
  std::filesystem::path root_;
  std::shared_ptr<Runner> runner_;
};

/// The last line of `text` that says something, made safe for a terminal: what a program died of.
[[nodiscard]] std::string last_line(std::string_view text);

}  // namespace kubeferry::host
