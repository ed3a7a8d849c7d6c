// SPDX-License-Identifier: Apache-2.0
#include "keeper.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include <kubeferry/rehearsal/modules.hpp>

#include "machine_groups.hpp"
#include "own_process.hpp"
#include "plan.hpp"

namespace kubeferry::rehearsal {

namespace {

constexpr char k_dismissed = 'd';

Status tidy_up() {
  FdSource source(k_plan_fd, "the keeper's plan");
  KF_TRY_ASSIGN(const Bytes bytes, read_all(source, std::uint64_t{1} << 20, "the keeper's plan"));
  KF_TRY_ASSIGN(const Json json, parse_json(as_text(bytes), "the keeper's plan"));
  const JsonView view(json, "keeper");
  KF_TRY_ASSIGN(const std::string directory, view.string("directory"));
  KF_TRY_ASSIGN(const auto listed, view.elements("modules"));
  std::set<std::string> modules;
  for (const auto& element : listed) {
    KF_TRY_ASSIGN(std::string name, element.string());
    modules.insert(std::move(name));
  }
  // Process 1 dies with its parent; when the groups are empty, everything of it has.
  KF_TRY(remove_groups());
  static_cast<void>(unload_since(modules));
  KF_TRY(clean_leftover(directory));
  remove_lock();
  return {};
}

}  // namespace

Result<Keeper> Keeper::start(const Workplace& place, const std::set<std::string>& modules) {
  Json names = Json::array();
  for (const auto& name : modules) {
    names.push(name);
  }
  Json plan;
  plan.set("directory", place.directory()).set("modules", std::move(names));
  KF_TRY_ASSIGN(
      Started started,
      start_own({.name = k_keeper_name, .plan = std::move(plan), .lock = place.lock_fd(), .speech = Speech::none}));
  return Keeper(started.pid, std::move(started.control));
}

Keeper::~Keeper() {
  if (pid_ <= 0) {
    return;
  }
  static_cast<void>(::send(control_.get(), &k_dismissed, 1, MSG_NOSIGNAL));
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

int keep_house() {
  // Not by Ctrl-C, which is for the one that waits for it.
  ::setsid();
  ::prctl(PR_SET_NAME, "kubeferry-keep");
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    static_cast<void>(::signal(number, SIG_IGN));
  }
  if (::fcntl(k_control_fd, F_GETFD) < 0 || ::fcntl(k_lock_fd, F_GETFD) < 0 || ::chdir("/") != 0) {
    return static_cast<int>(ExitCode::bug);
  }
  char said = '\0';
  ssize_t count = 0;
  do {
    count = ::recv(k_control_fd, &said, 1, 0);
  } while (count < 0 && errno == EINTR);
  if (count == 1 && said == k_dismissed) {
    return 0;
  }
  return tidy_up() ? 0 : static_cast<int>(ExitCode::io);
}

}  // namespace kubeferry::rehearsal
