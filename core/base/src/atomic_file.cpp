// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/atomic_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace kubeferry {

namespace {

/// Two writers of one name cannot both succeed. errno as of link(2) when it fails.
bool rename_without_replacing(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::link(from.c_str(), to.c_str()) == 0) {
    ::unlink(from.c_str());
    return true;
  }
  // FAT and exFAT have no hard links; NFS does not know the other way.
  return (errno == EPERM || errno == EOPNOTSUPP) &&
         ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0;
}

}  // namespace

AtomicFile::AtomicFile(Fd fd, std::filesystem::path path, std::filesystem::path temporary, Replace replace)
    : fd_(std::move(fd)), path_(std::move(path)), temporary_(std::move(temporary)), replace_(replace) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : fd_(std::move(other.fd_)),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      replace_(other.replace_) {}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
  }
}

Result<AtomicFile> AtomicFile::create(std::filesystem::path path, mode_t mode, Replace replace) {
  std::error_code ignored;
  if (replace == Replace::refused && std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
    return fail(ExitCode::usage, "{}: already exists", path.native());
  }
  std::string name = path.native() + ".tmp.XXXXXX";
  Fd fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd) {
    return fail_errno(errno, path.native());
  }
  AtomicFile file(std::move(fd), std::move(path), name, replace);
  KF_TRY(set_mode(file.fd(), mode, file.path_.native()));
  return file;
}

Status AtomicFile::commit() {
  if (::fsync(fd_.get()) != 0) {
    return fail_errno(errno, path_.native());
  }
  if (replace_ == Replace::refused) {
    if (!rename_without_replacing(temporary_, path_)) {
      if (errno == EEXIST) {
        return fail(ExitCode::usage, "{}: already exists", path_.native());
      }
      return fail_errno(errno, path_.native());
    }
  } else if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return fail_errno(errno, path_.native());
  }
  temporary_.clear();
  Status synced = sync_parent_directory(path_);
  if (!synced && replace_ == Replace::refused) {
    // The same command, run again, would find its own file in the way.
    ::unlink(path_.c_str());
  }
  return synced;
}

Status write_file_atomically(const std::filesystem::path& path, std::string_view content, mode_t mode,
                             Replace replace) {
  KF_TRY_ASSIGN(AtomicFile file, AtomicFile::create(path, mode, replace));
  KF_TRY(file.write(as_byte_view(content)));
  return file.commit();
}

Status sync_parent_directory(const std::filesystem::path& path) {
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  KF_TRY_ASSIGN(const Fd directory, open_file(parent, O_RDONLY | O_DIRECTORY));
  if (::fsync(directory.get()) != 0) {
    return fail_errno(errno, parent.native());
  }
  return {};
}

}  // namespace kubeferry
