// SPDX-License-Identifier: Apache-2.0
#include "tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include <kubeferry/base/fd.hpp>

namespace kubeferry::steps {

namespace {

Result<std::vector<std::string>> names_in(int directory, const std::string& path) {
  Fd copy(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!copy) {
    return fail_errno(errno, path);
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy.get()), &::closedir);
  if (!stream) {
    return fail_errno(errno, path);
  }
  (void)copy.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {  // NOLINT(concurrency-mt-unsafe): the stream is ours alone
    const std::string_view name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != "..") {
      names.emplace_back(name);
    }
  }
  if (errno != 0) {
    return fail_errno(errno, path);
  }
  return names;
}

Status remove_one(int parent, dev_t device, const std::string& name, const std::string& path) {
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) {
    return {};
  }
  if (errno != EISDIR && errno != EPERM) {
    return fail_errno(errno, path);
  }
  const Fd directory(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!directory || ::fstat(directory.get(), &info) != 0) {
    return fail_errno(errno, path);
  }
  if (info.st_dev != device) {
    return Failure(Error{ExitCode::io,
                         fmt::format("{}: another file system is mounted there", path),
                         fmt::format("umount {} and run the same command again", path),
                         {}});
  }
  KF_TRY(remove_children(directory.get(), path, [](std::string_view) { return true; }));
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    return fail_errno(errno, path);
  }
  return {};
}

}  // namespace

Status remove_children(int directory, const std::string& path,
                       const std::function<bool(std::string_view name)>& which) {
  struct stat info {};
  if (::fstat(directory, &info) != 0) {
    return fail_errno(errno, path);
  }
  KF_TRY_ASSIGN(const auto names, names_in(directory, path));
  for (const auto& name : names) {
    if (which(name)) {
      KF_TRY(remove_one(directory, info.st_dev, name, fmt::format("{}/{}", path, name)));
    }
  }
  return {};
}

}  // namespace kubeferry::steps
