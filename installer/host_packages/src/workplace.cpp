// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/host/complaint.hpp>

#include "manager.hpp"

namespace kubeferry::host_packages {

namespace {

bool has_its_name(const std::filesystem::path& path, int fd) {
  struct stat named {};
  struct stat open {};
  return ::lstat(path.c_str(), &named) == 0 && ::fstat(fd, &open) == 0 && named.st_ino == open.st_ino &&
         named.st_dev == open.st_dev;
}

/// apt says "E: …", and after it what follows from that; others only have a last line.
std::string complaint(const ProcessOutput& output) {
  for (const auto* text : {&output.err, &output.out}) {
    for (const auto line : split(*text, '\n')) {
      if (line.starts_with("E: ")) {
        return printable(trim(line.substr(3)));
      }
    }
  }
  return host::last_line(trim(output.err).empty() ? output.out : output.err);
}

/// What class of error a package manager died of. It says it in its own words where another one has its lock.
ExitCode class_of(const ProcessOutput& output) {
  const std::string said = output.err + output.out;
  for (const std::string_view words : {"Could not get lock", "dpkg frontend lock", "is holding the rpm lock",
                                       "System management is locked", "can't create transaction lock"}) {
    if (said.find(words) != std::string::npos) {
      return ExitCode::locked;
    }
  }
  return host::class_of(said, ExitCode::io);
}

}  // namespace

Result<Workplace> Workplace::open(const host::Host& host) {
  const std::filesystem::path path = host.at(k_folder);
  for (;;) {
    // Its parent is there on every system; one that is not is no place to put things.
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
      return fail_errno(errno, path.native());
    }
    Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) {
      if (errno == ENOENT) {
        continue;  // the run before has just removed it
      }
      return fail_errno(errno, path.native());
    }
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      return Failure(Error{ExitCode::locked,
                           fmt::format("another kubeferry installs packages on this host (it holds {})", path.native()),
                           "wait until it has ended, then run the same command again",
                           {}});
    }
    if (!has_its_name(path, fd.get())) {
      continue;
    }
    // apt reads it as a user of its own.
    KF_TRY(set_mode(fd.get(), 0755, path.native()));
    return Workplace(path, std::move(fd));
  }
}

Workplace::~Workplace() {
  if (!path_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
}

Status Workshop::work(std::vector<std::string> argv, const std::string& hint) const {
  const std::string name = argv.front();
  Command command{.argv = std::move(argv),
                  .environment = {{"DEBIAN_FRONTEND", "noninteractive"}, {"DEBCONF_NONINTERACTIVE_SEEN", "true"}},
                  .timeout = k_patience,
                  .output_limit = std::uint64_t{64} << 20U,
                  .on_output = program};
  KF_TRY_ASSIGN(const ProcessOutput output, host.run(command));
  if (output.exit_status == 0) {
    return {};
  }
  const ExitCode code = class_of(output);
  return Failure(Error{code,
                       fmt::format("{} ended with {}: {}", name, output.exit_status, complaint(output)),
                       code == ExitCode::locked ? "wait until the other package manager has ended, then run it again"
                       : code == ExitCode::no_space ? "make room, then run the same command again"
                                                    : hint,
                       {}});
}

Status Workshop::write(std::string_view name, const std::string& text) const {
  const std::filesystem::path path = host.at(in_folder(name));
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) {
    return fail_errno(error.value(), path.parent_path().native());
  }
  return write_file_atomically(path, text, 0644);
}

}  // namespace kubeferry::host_packages
