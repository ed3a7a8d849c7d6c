// SPDX-License-Identifier: Apache-2.0
#include "safe_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <kubeferry/base/space.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/hasher.hpp>

namespace kubeferry::bundle {

namespace {

constexpr int k_step = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

Failure in_the_way(std::string path) {
  return Failure(Error{ExitCode::io,
                       path + ": is a symbolic link or no directory, and nothing is written through it",
                       "remove it, or choose an empty directory",
                       {}});
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// Opens the directory `name` in `parent`, made when missing.
Result<Fd> step_into(int parent, const std::string& name, const std::string& shown) {
  const bool made = ::mkdirat(parent, name.c_str(), 0755) == 0;
  if (!made && errno != EEXIST) {
    return fail_errno(errno, shown);
  }
  Fd fd(::openat(parent, name.c_str(), k_step));
  if (!fd) {
    if (errno == ELOOP || errno == ENOTDIR) {
      return in_the_way(shown);
    }
    return fail_errno(errno, shown);
  }
  if (made) {
    KF_TRY(set_mode(fd.get(), 0755, shown));
  }
  return fd;
}

}  // namespace

Result<SafeTree> SafeTree::open(const std::filesystem::path& directory) {
  const std::string& name = directory.native();
  const bool made = ::mkdir(name.c_str(), 0755) == 0;
  if (!made && errno != EEXIST) {
    return fail_errno(errno, name);
  }
  KF_TRY_ASSIGN(Fd root, open_file(directory, O_RDONLY | O_DIRECTORY));
  if (made) {
    KF_TRY(set_mode(root.get(), 0755, name));
  }
  return SafeTree(std::move(root), name);
}

std::string SafeTree::shown(std::string_view path) const { return fmt::format("{}/{}", name_, path); }

Result<Fd> SafeTree::parent_of(std::string_view path) const {
  const auto parts = split(path, '/');
  Fd at(::openat(root_.get(), ".", k_step));
  if (!at) {
    return fail_errno(errno, name_);
  }
  for (std::size_t n = 0; n + 1 < parts.size(); ++n) {
    if (parts[n].empty() || parts[n] == "." || parts[n] == "..") {
      return fail(ExitCode::bug, "\"{}\" is not a normalised path", path);
    }
    const auto end = static_cast<std::size_t>(parts[n].data() + parts[n].size() - path.data());
    KF_TRY_ASSIGN(at, step_into(at.get(), std::string(parts[n]), shown(path.substr(0, end))));
  }
  return at;
}

Result<bool> SafeTree::holds(std::string_view path, const crypto::Digest& digest, std::uint64_t size,
                             mode_t mode) const {
  KF_TRY_ASSIGN(const Fd parent, parent_of(path));
  const std::string name(last_part(path));
  const Fd file(::openat(parent.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  // With a second name somewhere else it is not ours alone: writing there later would change this file, too.
  if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_nlink != 1 ||
      static_cast<std::uint64_t>(info.st_size) != size) {
    return false;
  }
  crypto::HashingSink hash(nullptr, digest.algorithm());
  FdSource source(file.get(), shown(path));
  KF_TRY(copy_all(source, hash));
  if (hash.size() != size || hash.finish() != digest) {
    return false;
  }
  return (info.st_mode & 07777U) == mode || set_mode(file.get(), mode, shown(path)).has_value();
}

Status SafeTree::put(std::string_view path, Source& content, mode_t mode, const std::string& unique) const {
  KF_TRY_ASSIGN(const Fd parent, parent_of(path));
  const std::string name(last_part(path));
  const Fd file(::openat(parent.get(), unique.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) {
    return fail_errno(errno, shown(path));
  }
  const auto write = [&]() -> Status {
    FdSink sink(file.get(), shown(path));
    KF_TRY(copy_all(content, sink));
    KF_TRY(set_mode(file.get(), mode, shown(path)));
    if (::fdatasync(file.get()) != 0 || ::renameat(parent.get(), unique.c_str(), parent.get(), name.c_str()) != 0) {
      return fail_errno(errno, shown(path));
    }
    return {};
  };
  Status status = write();
  if (!status) {
    ::unlinkat(parent.get(), unique.c_str(), 0);
  }
  return status;
}

bool SafeTree::has(std::string_view path, std::uint64_t size) const {
  struct stat info {};
  return ::fstatat(root_.get(), std::string(path).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode) &&
         static_cast<std::uint64_t>(info.st_size) == size;
}

Status SafeTree::check_fits(std::uint64_t bytes, std::string_view path, std::uint64_t longest) const {
  const auto space = space_at(root_.get(), name_);
  if (!space) {
    return {};  // writing will tell
  }
  KF_TRY(kubeferry::check_fits(*space, longest, longest, shown(path)));
  return kubeferry::check_fits(*space, bytes, 0, name_);
}

Status SafeTree::sync() const {
  if (::syncfs(root_.get()) != 0) {
    return fail_errno(errno, name_);
  }
  return {};
}

}  // namespace kubeferry::bundle
