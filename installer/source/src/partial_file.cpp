// SPDX-License-Identifier: Apache-2.0
#include "partial_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/space.hpp>

namespace kubeferry::source {

namespace {

/// Whether the name still means the file that was opened: whoever held the lock may have published it meanwhile.
bool same_file(int fd, const std::filesystem::path& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

}  // namespace

Result<PartialFile> PartialFile::open(const std::filesystem::path& path, std::uint64_t size) {
  std::filesystem::path partial = path;
  partial += ".partial";
  KF_TRY_ASSIGN(Fd fd, open_file(partial, O_RDWR | O_CREAT | O_NOFOLLOW, 0644));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || !same_file(fd.get(), partial)) {
    return Failure(Error{ExitCode::locked,
                         fmt::format("{}: another kubeferry is fetching this bundle", partial.native()),
                         "wait for it, then run this again",
                         {}});
  }
  KF_TRY_ASSIGN(const std::uint64_t there, file_size(fd.get(), partial.native()));
  KF_TRY(set_mode(fd.get(), 0644, partial.native()));
  KF_TRY(check_fits(fd.get(), size, partial.native()));
  // To its length at once: an older file may be longer, and what is read of a shorter one would end early.
  if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) {
    return fail_errno(errno, partial.native());
  }
  return PartialFile(std::move(fd), path, std::move(partial), there > 0);
}

Status PartialFile::publish() {
  if (::fsync(fd_.get()) != 0) {
    return fail_errno(errno, partial_.native());
  }
  if (::rename(partial_.c_str(), path_.c_str()) != 0) {
    return fail_errno(errno, path_.native());
  }
  return sync_parent_directory(path_);
}

}  // namespace kubeferry::source
