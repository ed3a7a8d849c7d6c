// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/kubeadm/program.hpp>

namespace kubeferry::kubeadm {

inline constexpr std::chrono::milliseconds k_quick = std::chrono::minutes(2);

/// Runs `command` and gives back what it printed. An error of class `refused` when its exit status is not 0:
/// "NAME ended with 1: …" with explain()'s lines as details.
Result<ProcessOutput> invoke(const host::Host& host, const Command& command, std::string_view name,
                             ExitCode refused = ExitCode::io);

/// A command that reads configuration.
struct ConfigCall {
  std::vector<std::string> argv;
  std::string_view flag = "--config";  ///< names the file, at the end of the command line
  std::string_view name;
  ExitCode refused = ExitCode::io;
};
/// The same with `config` in a private file.
Result<ProcessOutput> invoke_with(const host::Host& host, const Program& program, const ConfigCall& call,
                                  std::string_view config);

}  // namespace kubeferry::kubeadm
