// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry::source {

/// PATH.partial while it becomes PATH: locked, of its final length from the start, kept when this goes.
class PartialFile {
public:
  /// Opens or makes it. locked error when another process has it; no_space when the file system cannot take `size`
  /// bytes; io errors.
  static Result<PartialFile> open(const std::filesystem::path& path, std::uint64_t size);

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] const std::string& name() const noexcept { return partial_.native(); }
  /// Whether there was something when it was opened.
  [[nodiscard]] bool resumed() const noexcept { return resumed_; }

  /// Makes it durable, and visible as PATH. io error.
  Status publish();

private:
  PartialFile(Fd fd, std::filesystem::path path, std::filesystem::path partial, bool resumed)
      : fd_(std::move(fd)), path_(std::move(path)), partial_(std::move(partial)), resumed_(resumed) {}

  Fd fd_;
  std::filesystem::path path_;
  std::filesystem::path partial_;
  bool resumed_ = false;
};

}  // namespace kubeferry::source
