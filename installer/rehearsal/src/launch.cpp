// SPDX-License-Identifier: Apache-2.0
#include "launch.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include <kubeferry/base/fd.hpp>

namespace kubeferry::rehearsal {

namespace {

#ifdef __GLIBC__
using LimitKind = __rlimit_resource;
#else
using LimitKind = int;
#endif

constexpr std::pair<std::string_view, LimitKind> k_limits[] = {
    {"LimitNOFILE", RLIMIT_NOFILE}, {"LimitNPROC", RLIMIT_NPROC}, {"LimitCORE", RLIMIT_CORE}};

/// Raising a limit takes a capability that not every machine gives: then as far as it goes.
void set_limit(LimitKind which, std::string_view text) {
  rlimit wanted{};
  if (text == "infinity") {
    wanted = {RLIM_INFINITY, RLIM_INFINITY};
  } else {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    wanted = {static_cast<rlim_t>(number), static_cast<rlim_t>(number)};
  }
  rlimit now{};
  if (::setrlimit(which, &wanted) != 0 && ::getrlimit(which, &now) == 0) {
    now.rlim_cur = std::min(now.rlim_max, wanted.rlim_cur);
    static_cast<void>(::setrlimit(which, &now));
  }
}

bool write_file(const char* path, std::string_view text) {
  const Fd file(::open(path, O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

void default_signals() {
  for (int number = 1; number < NSIG; ++number) {
    static_cast<void>(::signal(number, SIG_DFL));
  }
  sigset_t none;
  ::sigemptyset(&none);
  static_cast<void>(::sigprocmask(SIG_SETMASK, &none, nullptr));
}

/// In the child. Comes back only when something failed; then errno says what.
void become(const Launch& wanted, char** argv, char** environment) {
  ::setsid();
  default_signals();
  if (!wanted.group.empty() && !write_file((wanted.group + "/cgroup.procs").c_str(), "0")) {
    return;
  }
  const int nothing = ::open("/dev/null", O_RDONLY);
  const int log = ::open(wanted.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (nothing < 0 || log < 0 || ::dup2(nothing, 0) < 0 || ::dup2(log, 1) < 0 || ::dup2(log, 2) < 0) {
    return;
  }
  // Only what a parent has opened without O_CLOEXEC; nothing of ours belongs into a unit.
  static_cast<void>(::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC));
  if (::chdir(wanted.directory.c_str()) != 0) {
    return;
  }
  ::umask(wanted.umask);
  for (const auto& [name, value] : wanted.limits) {
    const auto* limit = std::ranges::find(k_limits, name, &std::pair<std::string_view, LimitKind>::first);
    if (limit != std::end(k_limits)) {
      set_limit(limit->second, value);
    }
  }
  if (!wanted.oom_score_adjust.empty()) {
    static_cast<void>(write_file("/proc/self/oom_score_adj", wanted.oom_score_adjust));
  }
  ::execve(wanted.program.c_str(), argv, environment);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  std::ranges::transform(texts, std::back_inserter(out), [](std::string& text) { return text.data(); });
  out.push_back(nullptr);
  return out;
}

}  // namespace

Result<pid_t> launch(const Launch& wanted) {
  std::vector<std::string> arguments = wanted.argv;
  std::vector<std::string> settings;
  for (const auto& [name, value] : wanted.environment) {
    settings.push_back(fmt::format("{}={}", name, value));
  }
  const auto argv = pointers(arguments);
  const auto environment = pointers(settings);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail_errno(errno, "pipe");
  }
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) {
    return fail_errno(errno, "fork");
  }
  if (child == 0) {
    become(wanted, const_cast<char**>(argv.data()), const_cast<char**>(environment.data()));
    const int error = errno;
    // An end without a word counts as a start, and what ended is seen soon after.
    ::_exit(::write(write_end.get(), &error, sizeof error) < 0 ? 204 : 203);
  }
  write_end = Fd();
  int error = 0;
  ssize_t count = 0;
  do {
    count = ::read(read_end.get(), &error, sizeof error);
  } while (count < 0 && errno == EINTR);
  if (count == sizeof error) {
    static_cast<void>(::waitpid(child, nullptr, 0));
    return fail_errno(error, wanted.program);
  }
  return child;
}

}  // namespace kubeferry::rehearsal
