// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/process.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <kubeferry/base/fd.hpp>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves declaring it to the program

namespace kubeferry {

namespace {

struct Pipe {
  Fd read_end;
  Fd write_end;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail_errno(errno, "pipe");
  }
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

/// A socket instead of a pipe: a child that ends without reading its input is no reason for SIGPIPE, whatever the
/// program has done about that signal.
Result<Pipe> make_input() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno(errno, "socketpair");
  }
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> lines;
  if (command.inherit_environment) {
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view line(*entry);
      const auto name = line.substr(0, line.find('='));
      bool replaced = false;
      for (const auto& [key, value] : command.environment) {
        replaced = replaced || key == name;
      }
      if (!replaced) {
        lines.emplace_back(line);
      }
    }
  }
  for (const auto& [key, value] : command.environment) {
    lines.push_back(key + "=" + value);
  }
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (auto& text : texts) {
    out.push_back(text.data());
  }
  out.push_back(nullptr);
  return out;
}

Result<pid_t> spawn(const Command& command, const Pipe& in, const Pipe& out, const Pipe& err) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, command.input_fd >= 0 ? command.input_fd : in.read_end.get(), 0);
  ::posix_spawn_file_actions_adddup2(&actions, out.write_end.get(), 1);
  ::posix_spawn_file_actions_adddup2(&actions, err.write_end.get(), 2);
  // An own process group, so that a time-out ends its children too; default signals, because we ignore SIGPIPE.
  sigset_t every;
  sigset_t none;
  ::sigfillset(&every);
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigdefault(&attributes, &every);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  std::vector<std::string> arguments = command.argv;
  std::vector<std::string> environment = environment_of(command);
  pid_t child = -1;
  const int status = ::posix_spawnp(&child, arguments.front().c_str(), &actions, &attributes,
                                    pointers(arguments).data(), pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (status != 0) {
    return fail_errno(status, command.argv.front());
  }
  return child;
}

/// Feeds and drains the pipes until both outputs end, the time is up or an output exceeds its limit.
Status exchange(const Command& command, Pipe& in, Pipe& out, Pipe& err, ProcessOutput& result) {
  const auto deadline = std::chrono::steady_clock::now() + command.timeout;
  std::string_view rest = command.input_fd >= 0 ? std::string_view() : command.input;
  ::fcntl(in.write_end.get(), F_SETFL, O_NONBLOCK);
  if (rest.empty()) {
    in.write_end = Fd();
  }
  std::array<char, 65536> buffer{};
  const auto drain = [&](Fd& end, std::string& into) -> Status {
    const ssize_t count = ::read(end.get(), buffer.data(), buffer.size());
    if (count <= 0) {
      end = Fd();
      return {};
    }
    into.append(buffer.data(), static_cast<std::size_t>(count));
    if (command.on_output) {
      command.on_output(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
    }
    if (into.size() > command.output_limit) {
      return fail(ExitCode::limit, "{}: printed more than {} bytes", command.argv.front(), command.output_limit);
    }
    return {};
  };
  while (out.read_end || err.read_end) {
    if (command.stop.stop_requested()) {
      return fail(ExitCode::interrupted, "{}: stopped", command.argv.front());
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return fail(ExitCode::io, "{}: no end after {} s", command.argv.front(), command.timeout.count() / 1000);
    }
    std::array<pollfd, 3> polls{pollfd{out.read_end.get(), POLLIN, 0}, pollfd{err.read_end.get(), POLLIN, 0},
                                pollfd{in.write_end.get(), POLLOUT, 0}};
    // A stop request wakes nobody here, so one that may come is looked for.
    const std::int64_t nap = command.stop.stop_possible() ? 200 : 60000;
    if (::poll(polls.data(), polls.size(), static_cast<int>(std::min<std::int64_t>(left.count(), nap))) < 0 &&
        errno != EINTR) {
      return fail_errno(errno, "poll");
    }
    if (polls[0].revents != 0) {
      KF_TRY(drain(out.read_end, result.out));
    }
    if (polls[1].revents != 0) {
      KF_TRY(drain(err.read_end, result.err));
    }
    if (polls[2].revents != 0) {
      const ssize_t count = ::send(in.write_end.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (count > 0) {
        rest.remove_prefix(static_cast<std::size_t>(count));
      }
      if ((count < 0 && errno != EAGAIN && errno != EINTR) || rest.empty()) {
        in.write_end = Fd();  // a child that does not want its input is its own affair
      }
    }
  }
  return {};
}

/// Ends the child and all that it started: politely when somebody asked for it, so that it can say what it leaves.
void end_group(pid_t child, const Failure& reason) {
  if (reason.value().code == ExitCode::interrupted) {
    ::kill(-child, SIGTERM);
    constexpr int k_patience = 100;
    for (int tenth = 0; tenth < k_patience; ++tenth) {
      siginfo_t ended{};
      if (::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid != 0) {
        break;
      }
      ::usleep(100000);
    }
  }
  ::kill(-child, SIGKILL);
}

}  // namespace

Result<ProcessOutput> run(const Command& command) {
  if (command.argv.empty()) {
    return fail(ExitCode::bug, "a command without a program");
  }
  KF_TRY_ASSIGN(Pipe in, make_input());
  KF_TRY_ASSIGN(Pipe out, make_pipe());
  KF_TRY_ASSIGN(Pipe err, make_pipe());
  KF_TRY_ASSIGN(const pid_t child, spawn(command, in, out, err));
  in.read_end = Fd();
  out.write_end = Fd();
  err.write_end = Fd();
  ProcessOutput result;
  const Status exchanged = exchange(command, in, out, err, result);
  if (!exchanged) {
    end_group(child, Failure(exchanged.error()));
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  KF_TRY(exchanged);
  result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace kubeferry
