// SPDX-License-Identifier: Apache-2.0
#include "new_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include <kubeferry/crypto/hasher.hpp>

namespace kubeferry::steps {

Attributes root_owned(mode_t mode) {
  if (::geteuid() == 0) {
    return {.mode = mode, .uid = 0, .gid = 0};
  }
  return {.mode = mode, .uid = ::geteuid(), .gid = ::getegid()};
}

Attributes attributes_of(const struct stat& info) {
  return {.mode = info.st_mode & 07777U, .uid = info.st_uid, .gid = info.st_gid, .modified = info.st_mtim};
}

Result<NewFile> NewFile::create(const Place& place) {
  KF_TRY(remove_leftover(place));
  Fd fd(::openat(place.directory.get(), temporary_name(place.name).c_str(),
                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) {
    return fail_errno(errno, place.path);
  }
  return NewFile(&place, std::move(fd));
}

NewFile::~NewFile() {
  if (place_ != nullptr) {
    ::unlinkat(place_->directory.get(), temporary_name(place_->name).c_str(), 0);
  }
}

Status NewFile::publish(const Attributes& attributes) { return publish_as(place_->name, attributes); }

Status NewFile::publish_as(const std::string& name, const Attributes& attributes) {
  // The owner first: changing it clears set-user-ID bits.
  if (::fchown(fd_.get(), attributes.uid, attributes.gid) != 0 || ::fchmod(fd_.get(), attributes.mode) != 0) {
    return fail_errno(errno, place_->path);
  }
  if (attributes.modified) {
    const std::array<timespec, 2> times{timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, *attributes.modified};
    if (::futimens(fd_.get(), times.data()) != 0) {
      return fail_errno(errno, place_->path);
    }
  }
  if (::fsync(fd_.get()) != 0) {
    return fail_errno(errno, place_->path);
  }
  const int directory = place_->directory.get();
  if (::renameat(directory, temporary_name(place_->name).c_str(), directory, name.c_str()) != 0) {
    return fail_errno(errno, place_->path);
  }
  const Place& place = *std::exchange(place_, nullptr);
  return sync_directory(place);
}

Status write_new_file(const Place& place, std::string_view text, const Attributes& attributes) {
  KF_TRY_ASSIGN(NewFile file, NewFile::create(place));
  KF_TRY(file.write(as_byte_view(text)));
  return file.publish(attributes);
}

Status write_new_link(const Place& place, const std::string& target, const Attributes& attributes) {
  KF_TRY(remove_leftover(place));
  const int directory = place.directory.get();
  const std::string temporary = temporary_name(place.name);
  if (::symlinkat(target.c_str(), directory, temporary.c_str()) != 0 ||
      ::fchownat(directory, temporary.c_str(), attributes.uid, attributes.gid, AT_SYMLINK_NOFOLLOW) != 0 ||
      ::renameat(directory, temporary.c_str(), directory, place.name.c_str()) != 0) {
    return fail_errno(errno, place.path);
  }
  return sync_directory(place);
}

Result<Fd> open_regular(const Place& place) {
  // O_NONBLOCK: a FIFO put where the file should be must not hang the program.
  Fd fd(::openat(place.directory.get(), place.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) {
    return fail_errno(errno, place.path);
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) {
    return fail_errno(errno, place.path);
  }
  if (!S_ISREG(info.st_mode)) {
    return fail(ExitCode::io, "{}: not a regular file", place.path);
  }
  return fd;
}

Result<crypto::Digest> digest_of(const Place& place, crypto::HashAlgorithm algorithm) {
  KF_TRY_ASSIGN(const Fd fd, open_regular(place));
  FdSource source(fd.get(), place.path);
  crypto::HashingSink sink(nullptr, algorithm);
  KF_TRY(copy_all(source, sink));
  return sink.finish();
}

}  // namespace kubeferry::steps
