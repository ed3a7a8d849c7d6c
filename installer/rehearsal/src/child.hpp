// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/result.hpp>

#include "plan.hpp"

namespace kubeferry::rehearsal {

/// Process 1 of a rehearsal, seen from outside.
class Child {
public:
  /// Starts this program anew, in new namespaces, with `plan`. It waits for go(). io errors; unsupported_host when the
  /// kernel gives no such namespaces.
  static Result<Child> start(const Plan& plan);
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, 0)), control_(std::move(other.control_)) {}
  Child& operator=(Child&&) = delete;
  ~Child() { end(); }

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int control() const { return control_.get(); }
  Status go();
  /// Ends it, and with it everything in its namespaces; returns when that is so.
  void end();

private:
  Child(pid_t pid, Fd control) : pid_(pid), control_(std::move(control)) {}
  pid_t pid_ = 0;
  Fd control_;
};

/// What /proc/self/ns says of each of k_namespaces.
Result<std::map<std::string, std::string>> own_namespaces();

}  // namespace kubeferry::rehearsal
