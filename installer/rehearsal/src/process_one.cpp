// SPDX-License-Identifier: Apache-2.0
#include "process_one.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/rehearsal/manager.hpp>
#include <kubeferry/rehearsal/mount_plan.hpp>

#include "answer.hpp"
#include "control_socket.hpp"
#include "mounting.hpp"
#include "network.hpp"
#include "root.hpp"

namespace kubeferry::rehearsal {

namespace {

namespace fs = std::filesystem;

constexpr int k_nap_milliseconds = 50;

void tell(const Json& json) {
  const std::string text = to_text(json);
  static_cast<void>(::send(k_control_fd, text.data(), text.size(), MSG_NOSIGNAL));
}

void note(std::string_view line) {
  Json json;
  tell(json.set("note", printable(line)));
}

Result<Plan> read_plan() {
  FdSource source(k_plan_fd, "the rehearsal's plan");
  KF_TRY_ASSIGN(const Bytes bytes, read_all(source, std::uint64_t{1} << 20, "the rehearsal's plan"));
  return parse_plan(as_text(bytes));
}

/// Ends with the outer process, whichever way that ends; and begins when it says so.
Status tie_to_outer() {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
    return fail_errno(errno, "prctl");
  }
  // Had it died before, the other end would be closed by now.
  char go = '\0';
  if (::recv(k_control_fd, &go, 1, 0) != 1 || go != k_go) {
    return fail(ExitCode::interrupted, "the rehearsal was stopped before it began");
  }
  return {};
}

/// The group that the outer process put us into becomes the top of what is seen; processes then go into a leaf, since
/// groups of version 2 have either processes or children.
Result<std::string> settle_in_groups() {
  KF_TRY_ASSIGN(const std::string table, read_file("/proc/self/mountinfo", std::uint64_t{16} << 20));
  const auto groups = group_mounts(parse_mountinfo(table));
  const auto two = std::ranges::find(groups, 2, &GroupMount::version);
  std::string best;
  for (const auto& group : groups) {
    const std::string name = fs::path(group.point).filename();
    if (group.version == 1 && (name == "pids" || best.empty())) {
      best = group.point;
    }
  }
  if (best.empty() && two == groups.end()) {
    return fail(ExitCode::unsupported_host, "there are no control groups on this machine");
  }
  const std::string top = best.empty() ? two->point : best;
  if (two != groups.end()) {
    const std::string leaf = fmt::format("{}/init.scope", two->point);
    KF_TRY(make_folder(leaf));
    KF_TRY(make_file(leaf + "/cgroup.procs", "1"));
  }
  const std::string slice = fmt::format("{}/system.slice", top);
  KF_TRY(make_folder(slice));
  return slice;
}

/// kubeferry as the user called it, but for where it is.
Result<pid_t> start_kubeferry(const Plan& plan) {
  const pid_t child = ::fork();
  if (child < 0) {
    return fail_errno(errno, "fork");
  }
  if (child > 0) {
    return child;
  }
  sigset_t none;
  ::sigemptyset(&none);
  static_cast<void>(::sigprocmask(SIG_SETMASK, &none, nullptr));
  ::setpgid(0, 0);
  if (::chdir(plan.working_directory.c_str()) != 0) {
    ::_exit(126);
  }
  static_cast<void>(::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC));
  std::vector<std::string> words = {"kubeferry"};
  words.insert(words.end(), plan.arguments.begin(), plan.arguments.end());
  std::vector<char*> argv;
  std::ranges::transform(words, std::back_inserter(argv), [](std::string& word) { return word.data(); });
  argv.push_back(nullptr);
  ::execv(std::string(k_program).c_str(), argv.data());
  ::_exit(127);
}

class Loop {
public:
  Loop(Manager& manager, ControlSocket& socket, Watch& watch, Fd signals)
      : manager_(&manager), socket_(&socket), watch_(&watch), signals_(std::move(signals)) {}

  /// Until `kubeferry` ends: its wait status.
  int run(pid_t kubeferry) {
    for (;;) {
      wait();
      if (const auto ended = reap(kubeferry)) {
        watch_->read();
        return *ended;
      }
      watch_->read();
      manager_->read_notifications();
      socket_->serve(*manager_);
      manager_->tick();
    }
  }

private:
  void wait() {
    std::vector<pollfd> polls = {{signals_.get(), POLLIN, 0}, {watch_->fd(), POLLIN, 0}};
    for (const int fd : manager_->descriptors()) {
      polls.push_back({fd, POLLIN, 0});
    }
    for (const int fd : socket_->descriptors()) {
      polls.push_back({fd, POLLIN, 0});
    }
    static_cast<void>(::poll(polls.data(), polls.size(), k_nap_milliseconds));
    std::array<signalfd_siginfo, 16> drained{};
    while (::read(signals_.get(), drained.data(), sizeof drained) > 0) {
    }
  }

  std::optional<int> reap(pid_t kubeferry) {
    std::optional<int> result;
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      if (pid == kubeferry) {
        result = status;
      } else {
        manager_->child_ended(pid, status);
      }
    }
    return result;
  }

  Manager* manager_;
  ControlSocket* socket_;
  Watch* watch_;
  Fd signals_;
};

Result<Fd> child_signals() {
  sigset_t watched;
  ::sigemptyset(&watched);
  ::sigaddset(&watched, SIGCHLD);
  if (::sigprocmask(SIG_BLOCK, &watched, nullptr) != 0) {
    return fail_errno(errno, "sigprocmask");
  }
  Fd signals(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) {
    return fail_errno(errno, "signalfd");
  }
  return signals;
}

/// What kubeferry left as its answer; else an error that says how it ended.
Result<Json> answer_after(int wait_status) {
  if (const auto text = read_file(k_answer, std::uint64_t{4} << 20)) {
    return answer_of(*text);
  }
  if (WIFSIGNALED(wait_status)) {
    return fail(ExitCode::bug, "init was ended by signal {} in the rehearsal", WTERMSIG(wait_status));
  }
  return fail(static_cast<ExitCode>(WEXITSTATUS(wait_status)), "init ended with {} in the rehearsal",
              WEXITSTATUS(wait_status));
}

Result<Json> rehearse_inside() {
  KF_TRY_ASSIGN(const Plan plan, read_plan());
  KF_TRY(check_namespaces(plan));
  KF_TRY(tie_to_outer());
  if (::unshare(CLONE_NEWCGROUP) != 0) {
    return fail_errno(errno, "a cgroup namespace");
  }
  KF_TRY(enter_root(plan, note));
  KF_TRY_ASSIGN(const std::string slice, settle_in_groups());
  const host::Host host = host::Host::local();
  KF_TRY(make_network(host, plan));
  KF_TRY_ASSIGN(Watch watch, Watch::on(plan));
  KF_TRY_ASSIGN(ControlSocket socket, ControlSocket::listen(std::string(k_socket)));
  KF_TRY_ASSIGN(Fd signals, child_signals());
  Places places{.host = host, .run = "/run", .logs = std::string(k_logs), .group = slice};
  if (host.exists("/run/systemd/resolve/resolv.conf")) {
    // kubeadm then hands Pods the name servers behind it, instead of an address where CoreDNS would find itself.
    places.outside.insert("systemd-resolved.service");
  }
  Manager manager(std::move(places));
  Loop loop(manager, socket, watch, std::move(signals));
  KF_TRY_ASSIGN(const pid_t kubeferry, start_kubeferry(plan));
  const int status = loop.run(kubeferry);
  KF_TRY(make_file(std::string(k_packets), to_text(watch.egress().json()), 0600));
  return answer_after(status);
}

}  // namespace

int process_one() {
  ::prctl(PR_SET_NAME, "kubeferry-reh");
  ::setsid();
  for (const int fd : {k_plan_fd, k_control_fd}) {
    static_cast<void>(::fcntl(fd, F_SETFD, FD_CLOEXEC));
  }
  const auto answer = rehearse_inside();
  tell(answer_json(answer));
  return answer ? 0 : static_cast<int>(answer.error().code);
}

}  // namespace kubeferry::rehearsal
