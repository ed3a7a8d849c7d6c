// SPDX-License-Identifier: Apache-2.0
#include "workplace.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include <kubeferry/base/text.hpp>
#include <kubeferry/rehearsal/mount_plan.hpp>

#include "machine_groups.hpp"
#include "mounting.hpp"
#include "plan.hpp"

namespace kubeferry::rehearsal {

namespace {

namespace fs = std::filesystem;

constexpr const char* k_lock = "/run/kubeferry-rehearsal.lock";
/// In a work directory: whoever finds it may remove all that is there, and the directory unless it was found.
constexpr std::string_view k_mark = "kubeferry-rehearsal";
constexpr std::string_view k_found = "found ";  ///< and its mode

std::string mark_of(const std::string& directory) { return fmt::format("{}/{}", directory, k_mark); }

bool same_file(int fd, const char* path) {
  struct stat a {};
  struct stat b {};
  return ::fstat(fd, &a) == 0 && ::stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// A lock file that its holder removes: who gets the lock looks whether it is still that file.
Result<Fd> take_lock() {
  for (;;) {
    KF_TRY_ASSIGN(Fd file, open_file(k_lock, O_RDWR | O_CREAT, 0600));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      const std::string holder = printable(trim(read_file(k_lock, 4096).value_or("")));
      return Failure(
          Error{ExitCode::locked,
                fmt::format("another rehearsal runs on this host (pid {})", holder.substr(0, holder.find(' '))),
                "wait for it, or end it",
                {}});
    }
    if (same_file(file.get(), k_lock)) {
      return file;
    }
  }
}

/// Nothing may be mounted where everything is about to be removed.
Status check_no_mounts(const std::string& directory) {
  KF_TRY_ASSIGN(const std::string table, read_file("/proc/self/mountinfo", std::uint64_t{16} << 20));
  for (const auto& line : parse_mountinfo(table)) {
    if (line.point != "/" && line.point != directory && is_within(line.point, directory)) {
      return Failure(Error{ExitCode::io,
                           fmt::format("{} is a mount, so {} was not removed", line.point, directory),
                           fmt::format("umount {}", line.point),
                           {}});
    }
  }
  return {};
}

Status empty(const std::string& directory) {
  KF_TRY(check_no_mounts(directory));
  std::error_code error;
  // The mark goes last: without it nobody dares to go on.
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    entries.push_back(entry.path());
  }
  std::stable_partition(entries.begin(), entries.end(), [](const fs::path& path) { return path.filename() != k_mark; });
  for (const auto& path : entries) {
    fs::remove_all(path, error);
    if (error) {
      return fail_errno(error.value(), path.native());
    }
  }
  return {};
}

Status check_name(const std::string& directory) {
  const fs::path path(directory);
  if (!path.is_absolute() || path != path.lexically_normal() || directory == "/" ||
      directory.find_first_of(",:\\\n ") != std::string::npos) {
    return Failure(Error{ExitCode::usage,
                         fmt::format("--rehearsal-dir: \"{}\" will not do", printable(directory)),
                         "an absolute path without comma, colon, blank and backslash, such as /srv/rehearsal",
                         {}});
  }
  for (const auto* folder : {"/proc", "/sys", "/dev", "/run"}) {
    if (is_within(directory, folder)) {
      return fail(ExitCode::usage, "--rehearsal-dir: a rehearsal has a {} of its own, so it cannot be kept there",
                  folder);
    }
  }
  return {};
}

Status make_directory(const std::string& directory) {
  std::error_code error;
  const auto status = fs::symlink_status(directory, error);
  const bool found = fs::exists(status);
  if (found && (!fs::is_directory(status) || !fs::is_empty(directory, error))) {
    return Failure(Error{ExitCode::usage,
                         fmt::format("{} is there already and no rehearsal's", directory),
                         "--rehearsal-dir takes a folder that is empty or not there yet",
                         {}});
  }
  if (!found && ::mkdir(directory.c_str(), 0700) != 0) {
    return fail_errno(errno, directory);
  }
  const auto canonical = fs::canonical(directory, error);
  if (error || canonical != directory) {
    if (!found) {
      ::rmdir(directory.c_str());
    }
    return fail(ExitCode::usage, "--rehearsal-dir: {} leads over a link; name {} instead", directory,
                canonical.native());
  }
  KF_TRY(make_file(mark_of(directory),
                   found ? fmt::format("{}{:o}\n", k_found, static_cast<unsigned>(status.permissions())) : "made\n",
                   0600));
  if (::chmod(directory.c_str(), 0700) != 0) {
    return fail_errno(errno, directory);
  }
  return {};
}

Result<std::string> new_marker() {
  Bytes bytes(32);
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return fail_errno(errno, "getrandom");
  }
  return to_hex(bytes);
}

Status furnish(const std::string& directory, const std::string& marker) {
  const auto at = [&](std::string_view name) { return fmt::format("{}/{}", directory, name); };
  struct stat root {};
  if (::stat("/", &root) != 0) {
    return fail_errno(errno, "/");
  }
  KF_TRY(make_folder(at(k_upper), root.st_mode & 07777U));
  for (const auto name : {k_overlay, k_root, k_mounts, k_real, k_shared}) {
    KF_TRY(make_folder(at(name), 0755));
  }
  KF_TRY(make_folder(at(fmt::format("{}/logs", k_shared)), 0700));
  KF_TRY(make_file(at(fmt::format("{}{}", k_upper, k_marker)), marker));
  KF_TRY(make_file(at(fmt::format("{}/marker", k_shared)), marker));
  const std::string program = at(fmt::format("{}/kubeferry", k_shared));
  std::error_code error;
  fs::copy_file("/proc/self/exe", program, error);
  if (error || ::chmod(program.c_str(), 0755) != 0) {
    return fail_errno(error ? error.value() : errno, program);
  }
  return {};
}

}  // namespace

void remove_lock() { ::unlink(k_lock); }

Status clean_leftover(const std::string& directory) {
  std::error_code error;
  if (!fs::exists(mark_of(directory), error)) {
    return {};
  }
  const std::string mark = read_file(mark_of(directory), 4096).value_or("");
  KF_TRY(empty(directory));
  if (mark.starts_with(k_found)) {
    unsigned mode = 0755;
    const auto digits = trim(std::string_view(mark).substr(k_found.size()));
    std::from_chars(digits.data(), digits.data() + digits.size(), mode, 8);
    static_cast<void>(::chmod(directory.c_str(), mode));
  } else {
    fs::remove(directory, error);
  }
  return {};
}

Result<Workplace> Workplace::make(const std::string& directory) {
  KF_TRY(check_name(directory));
  KF_TRY_ASSIGN(Fd lock, take_lock());
  // "PID DIRECTORY" of one that was killed.
  const std::string before = read_file(k_lock, 8192).value_or("");
  if (const auto space = before.find(' '); space != std::string::npos) {
    const std::string old(trim(std::string_view(before).substr(space + 1)));
    if (fs::path(old).is_absolute()) {
      KF_TRY(remove_groups());
      KF_TRY(clean_leftover(old));
    }
  }
  KF_TRY(remove_groups());
  KF_TRY(clean_leftover(directory));
  const std::string holder = fmt::format("{} {}\n", ::getpid(), directory);
  if (::ftruncate(lock.get(), 0) != 0) {
    return fail_errno(errno, k_lock);
  }
  KF_TRY(write_all_at(lock.get(), 0, as_byte_view(holder), k_lock));
  KF_TRY_ASSIGN(std::string marker, new_marker());
  if (Status made = make_directory(directory); !made) {
    remove_lock();
    return propagate(std::move(made));
  }
  Workplace place(std::move(lock), directory, std::move(marker));
  KF_TRY(furnish(directory, place.marker_));
  return place;
}

Workplace::Workplace(Workplace&& other) noexcept
    : lock_(std::move(other.lock_)),
      directory_(std::exchange(other.directory_, {})),
      marker_(std::move(other.marker_)) {}

Workplace::~Workplace() { static_cast<void>(remove()); }

Status Workplace::remove() {
  if (directory_.empty()) {
    return {};
  }
  const std::string directory = std::exchange(directory_, {});
  const Status emptied = clean_leftover(directory);
  if (emptied) {
    remove_lock();
  }
  lock_ = Fd();
  return emptied;
}

}  // namespace kubeferry::rehearsal
