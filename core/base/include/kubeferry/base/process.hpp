// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kubeferry/base/result.hpp>

namespace kubeferry {

/// A program to run: argv only, never a shell.
struct Command {
  std::vector<std::string> argv;                                 ///< argv[0] is a path, or a name looked up in PATH
  std::vector<std::pair<std::string, std::string>> environment;  ///< the whole environment of the child
  bool inherit_environment = true;                               ///< start from ours and lay `environment` over it
  std::string input;                                             ///< what it reads from standard input
  int input_fd =
      -1;  ///< instead of `input`: what its standard input is, for what is too large to hold; stays the caller's
  std::chrono::milliseconds timeout{30000};             ///< then it is killed
  std::uint64_t output_limit = std::uint64_t{1} << 20;  ///< bytes kept of each output; more is a limit error
  /// Gets each piece of either output as it comes, for showing it live. May be empty.
  std::function<void(std::string_view piece)> on_output;
  std::stop_token stop;  ///< then SIGTERM, 10 s later SIGKILL, to the child and its process group
};

struct ProcessOutput {
  int exit_status = 0;  ///< 128 + n when signal n ended it
  std::string out;
  std::string err;
};

/// Runs `command` to its end. io error when it cannot be started or exceeds its time (it and its process group are
/// killed), limit error past its output limit, interrupted when `stop` was requested.
Result<ProcessOutput> run(const Command& command);

}  // namespace kubeferry
