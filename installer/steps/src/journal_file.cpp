// SPDX-License-Identifier: Apache-2.0
// The journal's file: opened, checked, read and written.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include <kubeferry/steps/journal.hpp>

#include "journal_line.hpp"
#include "lock.hpp"
#include "new_file.hpp"
#include "place.hpp"
#include "tree.hpp"

namespace kubeferry::steps {

namespace {

constexpr const char* k_name = "journal";
constexpr int k_version = 1;
constexpr std::uint64_t k_largest = std::uint64_t{64} << 20;
// Room for a few runs, and for undoing each step twice.
constexpr std::uint64_t k_slack = 32768;
constexpr std::uint64_t k_slack_per_entry = 1024;

Failure refuse(const std::string& path, std::string_view why, std::string hint) {
  return Failure(Error{ExitCode::io, fmt::format("{}: {}", path, why), std::move(hint), {}});
}

Failure damaged(const std::string& path, std::size_t line, const std::string& why) {
  return refuse(
      path, fmt::format("line {} is damaged: {}", line, why),
      fmt::format("nothing was changed. Put the file back from a backup of this host; or move it away (mv {0} "
                  "{0}.damaged), then what was installed before is not undone by reset",
                  path));
}

/// Row M59: whoever can write the journal decides what root removes.
Status check_owner(const struct stat& info, const std::string& path) {
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return refuse(path, fmt::format("belongs to user {}, not to root", info.st_uid),
                  "nothing in it can be trusted: look at it, then move it away");
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return refuse(path, fmt::format("can be written by others than root (mode {:04o})", info.st_mode & 07777U),
                  "nothing in it can be trusted: look at it, then move it away, or chmod go-w it");
  }
  return {};
}

Failure cannot_open(int error_number, const std::string& path) {
  if (error_number == ELOOP || error_number == ENOTDIR) {
    return refuse(path, "is a symbolic link or no directory", "kubeferry made none: look at it, then move it away");
  }
  Error error = std::move(fail_errno(error_number, path).value());
  if (error_number == EACCES) {
    error.hint = "run it as root";
  }
  return Failure(std::move(error));
}

Result<Fd> open_state_directory(const Place& place, const std::string& path) {
  Fd directory(::openat(place.directory.get(), place.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) {
    return cannot_open(errno, path);
  }
  return directory;
}

std::string now() { return to_rfc3339(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())); }

}  // namespace

Result<Journal> Journal::open(const host::Host& host) {
  Journal journal;
  journal.path_ = host.at(k_state_directory);
  KF_TRY_ASSIGN(const Place place, make_place(host, std::string(k_state_directory)));
  KF_TRY_ASSIGN(const Seen seen, look(place));
  if (seen.what == Seen::What::nothing) {
    KF_TRY_ASSIGN(journal.directory_, make_directory(host, place.path, 0700));
  } else {
    KF_TRY_ASSIGN(journal.directory_, open_state_directory(place, journal.path_));
  }
  KF_TRY(journal.check_directory());
  KF_TRY_ASSIGN(journal.lock_, take_lock(journal.directory_.get(), fmt::format("{}/{}", journal.path_, k_lock_name)));
  journal.remove_leftovers();
  KF_TRY(journal.read_file(O_RDWR | O_APPEND));
  return journal;
}

Result<Journal> Journal::peek(const host::Host& host) {
  Journal journal;
  journal.path_ = host.at(k_state_directory);
  KF_TRY_ASSIGN(const auto place, find_place(host, std::string(k_state_directory)));
  if (!place) {
    return journal;
  }
  KF_TRY_ASSIGN(const Seen seen, look(*place));
  if (seen.what == Seen::What::nothing) {
    return journal;
  }
  KF_TRY_ASSIGN(journal.directory_, open_state_directory(*place, journal.path_));
  KF_TRY(journal.check_directory());
  KF_TRY(journal.read_file(O_RDONLY));
  return journal;
}

Status Journal::check_directory() {
  struct stat info {};
  if (::fstat(directory_.get(), &info) != 0) {
    return fail_errno(errno, path_);
  }
  return check_owner(info, path_);
}

void Journal::remove_leftovers() const { ::unlinkat(directory_.get(), temporary_name(k_name).c_str(), 0); }

Status Journal::read_file(int open_flags) {
  const std::string path = fmt::format("{}/{}", path_, k_name);
  file_ = Fd(::openat(directory_.get(), k_name, open_flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file_) {
    return errno == ENOENT ? Status() : cannot_open(errno, path);
  }
  struct stat info {};
  if (::fstat(file_.get(), &info) != 0) {
    return fail_errno(errno, path);
  }
  if (!S_ISREG(info.st_mode)) {
    return refuse(path, "is not a regular file", "kubeferry made none: look at it, then move it away");
  }
  KF_TRY(check_owner(info, path));
  FdSource source(file_.get(), path);
  KF_TRY_ASSIGN(const Bytes bytes, read_all(source, k_largest, path));
  KF_TRY(read_lines(as_text(bytes)));
  if (size_ != bytes.size() && lock_) {
    KF_TRY(cut(size_));
    // What was reserved went with it; if it cannot be had now, begin() will say so.
    (void)reserve();
  }
  return {};
}

Status Journal::read_lines(std::string_view text) {
  const std::string path = fmt::format("{}/{}", path_, k_name);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const bool last = end == std::string_view::npos || end + 1 == text.size();
    // Nothing was done yet that an unfinished record was for. After a power cut a part may also be there as zeros.
    if (last && (end == std::string_view::npos || line.find('\0') != std::string_view::npos)) {
      return {};
    }
    auto record = from_line(line);
    if (!record) {
      return damaged(path, number, record.error().message);
    }
    const Json* n = record->find("n");
    if (n == nullptr || n->as_integer() == nullptr || *n->as_integer() != static_cast<std::int64_t>(number)) {
      return damaged(path, number, "its number is another one: lines are missing or were added");
    }
    if (number == 1) {
      const Json* version = record->find("version");
      if (version == nullptr || *version != Json(k_version)) {
        return refuse(path,
                      fmt::format("is of version {}, this kubeferry knows version {}",
                                  version == nullptr ? "?" : printable(to_text(*version)), k_version),
                      "use the kubeferry that wrote it, or a newer one");
      }
    } else if (Status taken = take(*record); !taken) {
      return damaged(path, number, taken.error().message);
    }
    next_ = number + 1;
    size_ += line.size() + 1;
    text.remove_prefix(line.size() + 1);
  }
  return {};
}

Status Journal::cut(std::uint64_t size) {
  if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0 || ::fdatasync(file_.get()) != 0) {
    return fail_errno(errno, fmt::format("{}/{}", path_, k_name));
  }
  return {};
}

Status Journal::create() {
  const std::string path = fmt::format("{}/{}", path_, k_name);
  Place place{path, Fd(::fcntl(directory_.get(), F_DUPFD_CLOEXEC, 0)), k_name};
  Json first = Json::object();
  first.set("n", 1).set("time", now()).set("what", "journal").set("version", k_version);
  const std::string line = to_line(first);
  KF_TRY(write_new_file(place, line, root_owned(0600)));
  file_ = Fd(::openat(directory_.get(), k_name, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC));
  if (!file_) {
    return fail_errno(errno, path);
  }
  size_ = line.size();
  next_ = 2;
  return {};
}

Status Journal::reserve() {
  if (!file_) {
    return {};
  }
  const std::uint64_t room = k_slack + k_slack_per_entry * (entries_.size() + 1);
  if (::fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size_ + room)) != 0 &&
      (errno == ENOSPC || errno == EDQUOT)) {
    return fail_errno(errno, fmt::format("{}/{}", path_, k_name));
  }
  return {};
}

Status Journal::append(std::string_view what, Json::Object members) {
  const std::string path = fmt::format("{}/{}", path_, k_name);
  if (!lock_) {
    return fail(ExitCode::bug, "{}: written without the lock", path);
  }
  if (unsure_) {
    return fail(ExitCode::io, "{}: an earlier write failed", path);
  }
  if (size_ == 0) {
    KF_TRY(file_ ? cut(0) : Status());
    KF_TRY(create());
  }
  Json record = Json::object();
  record.set("n", next_).set("time", now()).set("what", what);
  for (auto& [name, value] : members) {
    record.set(std::move(name), std::move(value));
  }
  const std::string line = to_line(record);
  if (Status written = write_all(file_.get(), as_byte_view(line), path); !written) {
    unsure_ = ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0;
    return written;
  }
  if (::fdatasync(file_.get()) != 0) {
    // The kernel may have dropped the pages: what is on disk is known only after reading it anew.
    unsure_ = true;
    return fail_errno(errno, path);
  }
  size_ += line.size();
  ++next_;
  return take(record);
}

Status Journal::remove(const std::vector<std::string>& keep) {
  if (!entries_.empty()) {
    return fail(ExitCode::bug, "{}: {} steps are not undone", path_, entries_.size());
  }
  if (!lock_) {
    return fail(ExitCode::bug, "{}: removed without the lock", path_);
  }
  KF_TRY(remove_children(directory_.get(), path_, [&](std::string_view name) {
    return name != k_name && name != k_lock_name && std::find(keep.begin(), keep.end(), name) == keep.end();
  }));
  // The journal after what it tells about, the lock last of all.
  for (const char* name : {k_name, k_lock_name}) {
    if (::unlinkat(directory_.get(), name, 0) != 0 && errno != ENOENT) {
      return fail_errno(errno, fmt::format("{}/{}", path_, name));
    }
  }
  file_ = Fd();
  if (::fsync(directory_.get()) != 0) {
    return fail_errno(errno, path_);
  }
  // Something else may be in it, or a file system of its own be mounted there.
  if (::rmdir(path_.c_str()) != 0 && errno != ENOTEMPTY && errno != EEXIST && errno != EBUSY) {
    return fail_errno(errno, path_);
  }
  *this = Journal();
  return {};
}

}  // namespace kubeferry::steps
