// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/rehearsal/unit_file.hpp>

namespace kubeferry::rehearsal {

/// A process of a unit, as it is to be.
struct Launch {
  std::string program;            ///< absolute path
  std::vector<std::string> argv;  ///< what it sees as its arguments, the first one included
  Environment environment;
  std::string directory = "/";
  std::uint32_t umask = 0022;
  std::string log;                                          ///< both outputs go to its end; made when missing
  std::string group;                                        ///< its control group; empty: that of this process
  std::vector<std::pair<std::string, std::string>> limits;  ///< "LimitNOFILE" → "65536"; as far as they can be had
  std::string oom_score_adjust;                             ///< likewise; empty: as this process
};

/// Starts it in a session of its own and returns when it is the program. io error when it cannot be. The caller must
/// have one thread only.
Result<pid_t> launch(const Launch& wanted);

}  // namespace kubeferry::rehearsal
