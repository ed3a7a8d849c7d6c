// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/kubeadm/program.hpp>

namespace kubeferry::kubeadm {

inline constexpr std::chrono::milliseconds k_quick = std::chrono::minutes(2);

/// Runs `command` and gives back its standard output. An error of class `refused` when its exit status is not 0:
/// "NAME ended with 1: …" with explain()'s lines as details.
Result<std::string> invoke(const host::Host& host, const Command& command, std::string_view name,
                           ExitCode refused = ExitCode::io);

/// The same with `config` in a private file, whose path is added to `argv`.
Result<std::string> invoke_with(const host::Host& host, const Program& program, std::vector<std::string> argv,
                                std::string_view config, std::string_view name, ExitCode refused = ExitCode::io);

}  // namespace kubeferry::kubeadm
