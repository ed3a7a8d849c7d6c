// SPDX-License-Identifier: Apache-2.0
#include "signals.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace kubeferry::cli {

SignalWatch::SignalWatch() {
  sigset_t watched;
  ::sigemptyset(&watched);
  for (const int number : {SIGINT, SIGTERM}) {
    struct sigaction action {};
    if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler != SIG_IGN) {
      ::sigaddset(&watched, number);
    }
  }
  ::pthread_sigmask(SIG_BLOCK, &watched, nullptr);
  signals_ = Fd(::signalfd(-1, &watched, SFD_CLOEXEC));
  end_ = Fd(::eventfd(0, EFD_CLOEXEC));
  if (!signals_ || !end_) {
    throw std::system_error(errno, std::generic_category(), "signalfd");
  }
  thread_ = std::thread([this] { watch(); });
}

SignalWatch::~SignalWatch() {
  ::eventfd_write(end_.get(), 1);
  thread_.join();
}

void SignalWatch::watch() {
  for (;;) {
    std::array<pollfd, 2> polls{pollfd{signals_.get(), POLLIN, 0}, pollfd{end_.get(), POLLIN, 0}};
    if (::poll(polls.data(), polls.size(), -1) < 0) {
      continue;
    }
    if (polls[1].revents != 0) {
      return;
    }
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) {
      continue;
    }
    const int number = static_cast<int>(info.ssi_signo);
    if (received_ != 0) {
      ::_exit(128 + number);
    }
    received_ = number;
    source_.request_stop();
  }
}

void occupy_standard_descriptors() {
  // Each is opened the wrong way round, except for messages: those may be lost.
  constexpr std::array<int, 3> k_modes = {O_WRONLY, O_RDONLY, O_WRONLY};
  for (int fd = 0; fd < 3; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
      static_cast<void>(::open("/dev/null", k_modes[static_cast<std::size_t>(fd)]));  // takes the lowest free number
    }
  }
}

void ignore_broken_pipes() {
  struct sigaction action {};
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);
}

}  // namespace kubeferry::cli
