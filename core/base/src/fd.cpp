// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/fd.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace kubeferry {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) {
      ::close(fd_);
    }
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Result<Fd> open_file(const std::filesystem::path& path, int flags, mode_t mode) {
  for (;;) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    if (fd >= 0) {
      return Fd(fd);
    }
    if (errno != EINTR) {
      return fail_errno(errno, path.native());
    }
  }
}

Status set_mode(int fd, mode_t mode, std::string_view what) {
  if (::fchmod(fd, mode) == 0) {
    return {};
  }
  if (errno != EPERM) {
    return fail_errno(errno, what);
  }
  constexpr mode_t k_others_may_read = S_IRGRP | S_IROTH;
  if ((mode & k_others_may_read) != 0) {
    return {};
  }
  return Failure(Error{ExitCode::io,
                       fmt::format("{}: its file system cannot keep a file from others", what),
                       "write it to a disk of this machine",
                       {}});
}

Status write_all(int fd, ByteView bytes, std::string_view what) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      return fail_errno(errno, what);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Status write_all_at(int fd, std::uint64_t offset, ByteView bytes, std::string_view what) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      return fail_errno(errno, what);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Status read_exactly_at(int fd, std::uint64_t offset, MutableByteView buffer, std::string_view what) {
  while (!buffer.empty()) {
    const ssize_t count = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      return Failure(std::move(fail_errno(errno, what).value()).with_detail("offset", std::to_string(offset)));
    }
    if (count == 0) {
      return Failure(
          Error{ExitCode::format, fmt::format("{}: ends early at byte {}", what, offset), {}, {}}.with_detail(
              "offset", std::to_string(offset)));
    }
    buffer = buffer.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<std::uint64_t> file_size(int fd, std::string_view what) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) {
    return fail_errno(errno, what);
  }
  return static_cast<std::uint64_t>(info.st_size);
}

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit) {
  KF_TRY_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
  FdSource source(fd.get(), path.native());
  KF_TRY_ASSIGN(const Bytes bytes, read_all(source, limit, path.native()));
  return std::string(as_text(bytes));
}

Result<std::size_t> FdSource::read(MutableByteView buffer) {
  for (;;) {
    const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
    if (count >= 0) {
      return static_cast<std::size_t>(count);
    }
    if (errno != EINTR) {
      return fail_errno(errno, what_);
    }
  }
}

FileRandomSource::FileRandomSource(Fd fd, std::uint64_t size, std::string name)
    : fd_(std::move(fd)), size_(size), name_(std::move(name)) {}

Result<FileRandomSource> FileRandomSource::open(const std::filesystem::path& path) {
  // O_NONBLOCK: a FIFO put where the file should be must not hang the program.
  const int raw = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (raw < 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return fail(ExitCode::usage, "{}: no such file", path.native());
    }
    return fail_errno(errno, path.native());
  }
  Fd fd(raw);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) {
    return fail_errno(errno, path.native());
  }
  if (!S_ISREG(info.st_mode)) {
    return fail(ExitCode::io, "{}: not a regular file", path.native());
  }
  return FileRandomSource(std::move(fd), static_cast<std::uint64_t>(info.st_size), path.native());
}

Status FileRandomSource::read_at(std::uint64_t offset, MutableByteView buffer) const {
  return read_exactly_at(fd_.get(), offset, buffer, name_);
}

}  // namespace kubeferry
