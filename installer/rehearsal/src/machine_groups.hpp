// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include <kubeferry/base/result.hpp>

// The rehearsal's own control group in each hierarchy of the machine.
namespace kubeferry::rehearsal {

class MachineGroups {
public:
  /// Makes them, with all controllers that Kubernetes uses. unsupported_host error where they cannot be had.
  static Result<MachineGroups> make();
  MachineGroups(MachineGroups&&) = default;
  MachineGroups& operator=(MachineGroups&&) = delete;
  ~MachineGroups();

  /// Puts a process into them. io error.
  Status enter(pid_t pid) const;
  /// Removes them, with what was made in them. io error when a process is still there after ten seconds.
  Status remove();

private:
  MachineGroups() = default;
  std::vector<std::string> folders_;
  std::vector<std::pair<std::string, std::string>> enabled_;  ///< file, controllers that were switched on in it
};

/// Removes the groups that a killed rehearsal left. io error when one of its processes is still there after a while.
Status remove_groups();

}  // namespace kubeferry::rehearsal
