// SPDX-License-Identifier: Apache-2.0
#include "lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include <kubeferry/base/text.hpp>

namespace kubeferry::steps {

namespace {

constexpr std::uint64_t k_largest_command_line = std::uint64_t{1} << 20;

/// Program and verb: whatever else is on a command line may be a secret.
std::string own_command() {
  const auto line = read_file("/proc/self/cmdline", k_largest_command_line);
  if (!line) {
    return "kubeferry";
  }
  const auto words = split(*line, '\0');
  std::string command(words[0].substr(words[0].rfind('/') + 1));
  for (std::size_t n = 1; n < words.size(); ++n) {
    if (!words[n].empty() && !words[n].starts_with('-')) {
      return fmt::format("{} {}", command, words[n]);
    }
  }
  return command;
}

/// What the holder wrote about itself. It takes the lock first: who comes at the same moment waits for its name.
std::string holder_of(int fd, const std::string& path) {
  for (int tries = 0; tries < 20; ++tries) {
    if (::lseek(fd, 0, SEEK_SET) == 0) {
      FdSource source(fd, path);
      const auto bytes = read_all(source, 4096, path);
      if (bytes && !bytes->empty()) {
        return printable(trim(as_text(*bytes)));
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return {};
}

Failure held_by_other(int fd, const std::string& path) {
  const std::string holder = holder_of(fd, path);
  const auto space = holder.find(' ');
  if (space == std::string::npos) {
    return fail(ExitCode::locked, "another kubeferry is working on this host (it holds {})", path);
  }
  Error error{ExitCode::locked,
              fmt::format("another kubeferry is working on this host: pid {}, {}", holder.substr(0, space),
                          holder.substr(space + 1)),
              "wait until it has ended, then run the same command again",
              {}};
  return Failure(std::move(error).with_detail("pid", holder.substr(0, space)));
}

/// A holder that removes its state takes the lock file along: a lock on a file without name locks nobody out.
bool has_its_name(int directory, int fd) {
  struct stat named {};
  struct stat open {};
  return ::fstatat(directory, k_lock_name, &named, AT_SYMLINK_NOFOLLOW) == 0 && ::fstat(fd, &open) == 0 &&
         named.st_ino == open.st_ino && named.st_dev == open.st_dev;
}

}  // namespace

Result<Fd> take_lock(int directory, const std::string& path) {
  for (;;) {
    Fd fd(::openat(directory, k_lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
    if (!fd) {
      return fail_errno(errno, path);
    }
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) {
        return held_by_other(fd.get(), path);
      }
      return fail_errno(errno, path);
    }
    if (!has_its_name(directory, fd.get())) {
      continue;
    }
    // Only information: a full disk is no reason not to hold the lock.
    const std::string holder = fmt::format("{} {}\n", ::getpid(), own_command());
    if (::ftruncate(fd.get(), 0) == 0) {
      (void)write_all(fd.get(), as_byte_view(holder), path);
    }
    return fd;
  }
}

}  // namespace kubeferry::steps
