// SPDX-License-Identifier: Apache-2.0
#include "child.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "own_process.hpp"
#include "process_one.hpp"

namespace kubeferry::rehearsal {

namespace {

constexpr unsigned long k_new = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET;

}  // namespace

Result<std::map<std::string, std::string>> own_namespaces() {
  std::map<std::string, std::string> out;
  for (const auto name : k_namespaces) {
    const std::string path = fmt::format("/proc/self/ns/{}", name);
    std::array<char, 64> link{};
    const ssize_t length = ::readlink(path.c_str(), link.data(), link.size() - 1);
    if (length <= 0) {
      return fail_errno(errno, path);
    }
    out[std::string(name)] = std::string(link.data(), static_cast<std::size_t>(length));
  }
  return out;
}

Result<Child> Child::start(const Plan& plan) {
  KF_TRY_ASSIGN(Started started, start_own({.name = k_process_name, .namespaces = k_new, .plan = to_json(plan)}));
  return Child(started.pid, std::move(started.control));
}

Status Child::go() {
  if (::send(control_.get(), &k_go, 1, MSG_NOSIGNAL) != 1) {
    return fail_errno(errno, "start the rehearsal");
  }
  return {};
}

void Child::end() {
  if (pid_ <= 0) {
    return;
  }
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

}  // namespace kubeferry::rehearsal
