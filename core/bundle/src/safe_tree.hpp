// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/stream.hpp>
#include <kubeferry/crypto/digest.hpp>

namespace kubeferry::bundle {

/// A directory to write below, and only below: every step of a path is opened from its parent's descriptor and must
/// be no symbolic link. May be used from several threads.
class SafeTree {
public:
  /// Makes the directory when it is missing (0755, whatever the umask).
  static Result<SafeTree> open(const std::filesystem::path& directory);

  /// Whether the file `path` (relative, normalised) is there with exactly this content; sets its mode then.
  Result<bool> holds(std::string_view path, const crypto::Digest& digest, std::uint64_t size, mode_t mode) const;

  /// Puts the bytes of `content` at `path`, through a temporary name `unique` in the same directory.
  Status put(std::string_view path, Source& content, mode_t mode, const std::string& unique) const;

  /// Whether a file of this size is at `path`, whatever its content.
  [[nodiscard]] bool has(std::string_view path, std::uint64_t size) const;

  /// no_space error when `bytes` more, the longest file of them `longest` bytes at `path`, do not fit on the file
  /// system.
  Status check_fits(std::uint64_t bytes, std::string_view path, std::uint64_t longest) const;

  /// Makes what was written durable.
  Status sync() const;

private:
  SafeTree(Fd root, std::string name) : root_(std::move(root)), name_(std::move(name)) {}
  Result<Fd> parent_of(std::string_view path) const;
  [[nodiscard]] std::string shown(std::string_view path) const;

  Fd root_;
  std::string name_;
};

}  // namespace kubeferry::bundle
