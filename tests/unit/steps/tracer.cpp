// SPDX-License-Identifier: Apache-2.0
#include "tracer.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include <gtest/gtest.h>

namespace kubeferry::steps {

namespace {

constexpr int k_no_tracing = 97;

bool changes_files(std::uint64_t number, const std::uint64_t* arguments) {
  switch (number) {
#ifdef SYS_renameat
    case SYS_renameat:
#endif
#ifdef SYS_rename
    case SYS_rename:
#endif
#ifdef SYS_unlink
    case SYS_unlink:
#endif
#ifdef SYS_rmdir
    case SYS_rmdir:
#endif
    case SYS_renameat2:
    case SYS_write:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_unlinkat:
    case SYS_mkdirat:
    case SYS_symlinkat:
    case SYS_fchmod:
    case SYS_fchown:
    case SYS_fchownat:
    case SYS_utimensat:
    case SYS_ftruncate:
    case SYS_fallocate: return true;
    case SYS_openat: return (arguments[2] & O_CREAT) != 0;
    default: return false;
  }
}

/// Lets the child run to its next stop. False when it has ended.
bool next_stop(pid_t child, int& status) {
  if (::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0) {
    return false;
  }
  return ::waitpid(child, &status, 0) == child && WIFSTOPPED(status);
}

}  // namespace

Ending run_and_kill(std::size_t point, const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) {
      ::_exit(k_no_tracing);
    }
    ::raise(SIGSTOP);
    ::_exit(work());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (!WIFSTOPPED(status)) {
    ADD_FAILURE() << "nothing can be traced here";
    return {.killed = false, .exit_status = k_no_tracing};
  }
  EXPECT_EQ(::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
  bool changing = false;
  std::size_t passed = 0;
  while (next_stop(child, status)) {
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) <= 0) {
      continue;
    }
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
      changing = changes_files(info.entry.nr, std::begin(info.entry.args));
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && changing && passed++ == point) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return {.killed = true};
    }
  }
  return {.killed = false, .exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1};
}

}  // namespace kubeferry::steps
