// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry::rehearsal {

enum class Speech { inherited, none };  ///< standard output and error of such a process

struct OwnProcess {
  std::string_view name;         ///< argv[0], by which main() knows what it is to be
  unsigned long namespaces = 0;  ///< CLONE_NEW…
  Json plan;                     ///< what it reads on k_plan_fd
  int lock = -1;                 ///< what it holds as k_lock_fd; -1: nothing
  Speech speech = Speech::inherited;
};
struct Started {
  pid_t pid = 0;
  Fd control;  ///< the other end of its k_control_fd; messages
};

/// Starts this very program anew. io errors; unsupported_host when the kernel refuses the namespaces.
Result<Started> start_own(const OwnProcess& wanted);

}  // namespace kubeferry::rehearsal
