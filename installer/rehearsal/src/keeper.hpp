// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <set>
#include <string>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/result.hpp>

#include "workplace.hpp"

namespace kubeferry::rehearsal {

/// A small process that does nothing but outlive the one that the user started: when that is killed, it takes back what
/// the rehearsal left on the machine, and holds the lock until then.
class Keeper {
public:
  /// io errors of starting it.
  static Result<Keeper> start(const Workplace& place, const std::set<std::string>& modules);
  Keeper(Keeper&& other) noexcept : pid_(std::exchange(other.pid_, 0)), control_(std::move(other.control_)) {}
  Keeper& operator=(Keeper&&) = delete;
  /// Dismisses it: whoever still lives to do this has tidied up.
  ~Keeper();

private:
  Keeper(pid_t pid, Fd control) : pid_(pid), control_(std::move(control)) {}
  pid_t pid_ = 0;
  Fd control_;
};

/// What that process does; its exit status.
int keep_house();

}  // namespace kubeferry::rehearsal
