// SPDX-License-Identifier: Apache-2.0
#include "own_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "plan.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves declaring it to the program

namespace kubeferry::rehearsal {

namespace {

Result<Fd> plan_file(const Json& plan) {
  Fd file(::memfd_create("rehearsal", MFD_CLOEXEC));
  if (!file) {
    return fail_errno(errno, "memfd_create");
  }
  KF_TRY(write_all(file.get(), as_byte_view(to_text(plan)), "the rehearsal's plan"));
  if (::lseek(file.get(), 0, SEEK_SET) != 0) {
    return fail_errno(errno, "the rehearsal's plan");
  }
  return file;
}

/// Descriptors by the numbers that they are to have.
struct Place {
  int from = -1;
  int to = -1;
};

/// In the child of a process with several threads: system calls only.
[[noreturn]] void become(int program, std::span<Place> places, char* const* argv) {
  constexpr int k_out_of_the_way = 64;
  const int high_program = ::fcntl(program, F_DUPFD_CLOEXEC, k_out_of_the_way);
  bool good = high_program >= 0;
  for (Place& place : places) {
    place.from = ::fcntl(place.from, F_DUPFD_CLOEXEC, k_out_of_the_way);
    good = good && place.from >= 0;
  }
  for (const Place& place : places) {
    good = good && ::dup2(place.from, place.to) == place.to;
  }
  if (good) {
    ::syscall(SYS_execveat, high_program, "", argv, environ, AT_EMPTY_PATH);
  }
  ::_exit(127);
}

}  // namespace

Result<Started> start_own(const OwnProcess& wanted) {
  KF_TRY_ASSIGN(const Fd program, open_file("/proc/self/exe", O_RDONLY));
  KF_TRY_ASSIGN(const Fd nothing, open_file("/dev/null", O_RDWR));
  KF_TRY_ASSIGN(const Fd plan, plan_file(wanted.plan));
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno(errno, "socketpair");
  }
  Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  std::vector<Place> places = {{nothing.get(), 0}, {plan.get(), k_plan_fd}, {theirs.get(), k_control_fd}};
  if (wanted.speech == Speech::none) {
    places.push_back({nothing.get(), 1});
    places.push_back({nothing.get(), 2});
  }
  if (wanted.lock >= 0) {
    places.push_back({wanted.lock, k_lock_fd});
  }
  std::string name(wanted.name);
  const std::array<char*, 2> argv = {name.data(), nullptr};
  const long pid = ::syscall(SYS_clone, wanted.namespaces | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid < 0) {
    return Failure(Error{ExitCode::unsupported_host,
                         fmt::format("no new namespaces for a rehearsal: {}", ::strerrordesc_np(errno)),
                         "it takes root and a kernel with namespaces; most containers give neither",
                         {}});
  }
  if (pid == 0) {
    become(program.get(), places, argv.data());
  }
  return Started{static_cast<pid_t>(pid), std::move(ours)};
}

}  // namespace kubeferry::rehearsal
