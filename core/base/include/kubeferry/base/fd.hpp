// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/base/stream.hpp>

namespace kubeferry {

/// Owns a file descriptor; closes it when it goes.
class Fd {
public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd();

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

private:
  int fd_ = -1;
};

/// Opens `path` with `flags | O_CLOEXEC`; `mode` as in open(2). io error naming the path.
Result<Fd> open_file(const std::filesystem::path& path, int flags, mode_t mode = 0);

/// fchmod(2) of a file that is ours. A file system without modes (FAT) refuses with EPERM: that is no error for what
/// anybody may read, and an io error with a hint for what nobody else may.
Status set_mode(int fd, mode_t mode, std::string_view what);

/// Writes all of `bytes` at the current position / at `offset`. `what` names the file in errors.
Status write_all(int fd, ByteView bytes, std::string_view what);
Status write_all_at(int fd, std::uint64_t offset, ByteView bytes, std::string_view what);

/// Reads exactly `buffer.size()` bytes at `offset`; a format error ("ends early") when the file is shorter.
Status read_exactly_at(int fd, std::uint64_t offset, MutableByteView buffer, std::string_view what);

/// Length in bytes by fstat(2).
Result<std::uint64_t> file_size(int fd, std::string_view what);

/// The whole of a small file; a limit error past `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit);

/// A descriptor as Source and Sink, at its current position. Does not own it.
class FdSource final : public Source {
public:
  FdSource(int fd, std::string what) : fd_(fd), what_(std::move(what)) {}
  Result<std::size_t> read(MutableByteView buffer) override;

private:
  int fd_;
  std::string what_;
};
class FdSink final : public Sink {
public:
  FdSink(int fd, std::string what) : fd_(fd), what_(std::move(what)) {}
  Status write(ByteView bytes) override { return write_all(fd_, bytes, what_); }

private:
  int fd_;
  std::string what_;
};

/// A regular file, opened once, read with pread(2); never mapped, so that a shrinking file cannot raise SIGBUS.
class FileRandomSource final : public RandomSource {
public:
  /// Opens without following a final symbolic link's swap later: the descriptor is what is used from here on.
  /// usage error when the path does not exist, io when it is no regular file or cannot be read.
  static Result<FileRandomSource> open(const std::filesystem::path& path);

  [[nodiscard]] std::uint64_t size() const override { return size_; }
  Status read_at(std::uint64_t offset, MutableByteView buffer) const override;
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
  FileRandomSource(Fd fd, std::uint64_t size, std::string name);
  Fd fd_;
  std::uint64_t size_ = 0;
  std::string name_;
};

}  // namespace kubeferry
