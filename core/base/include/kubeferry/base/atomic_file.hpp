// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry {

enum class Replace { allowed, refused };

/// A file that appears under its name complete, or not at all.
///
/// Written under a temporary name in the same directory; only commit() publishes it (write, fsync, rename or link,
/// fsync of the directory). A destructor without commit() leaves nothing behind.
class AtomicFile {
public:
  /// Creates the temporary file with `mode`, whatever the umask. With Replace::refused, an existing file of that name
  /// is a usage error now and at commit().
  static Result<AtomicFile> create(std::filesystem::path path, mode_t mode, Replace replace = Replace::allowed);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  Status write(ByteView bytes) { return write_all(fd_.get(), bytes, path_.native()); }

  /// Makes it durable and visible. Call once.
  Status commit();

private:
  AtomicFile(Fd fd, std::filesystem::path path, std::filesystem::path temporary, Replace replace);
  Fd fd_;
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  Replace replace_;
};

/// create + write + commit.
Status write_file_atomically(const std::filesystem::path& path, std::string_view content, mode_t mode,
                             Replace replace = Replace::allowed);

/// fsync of the directory that holds `path`, so that a rename in it survives a power cut.
Status sync_parent_directory(const std::filesystem::path& path);

}  // namespace kubeferry
