// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

namespace kubeferry::steps {

/// How a child ended.
struct Ending {
  bool killed = false;   ///< by us, at its point
  int exit_status = -1;  ///< otherwise
};

/// Runs `work` in a child and kills it (SIGKILL) right after its system call number `point`, from 0, of those that
/// change files: creating, writing, syncing, renaming, removing, owners and modes. `work` returns the exit status.
Ending run_and_kill(std::size_t point, const std::function<int()>& work);

}  // namespace kubeferry::steps
