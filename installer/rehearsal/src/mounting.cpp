// SPDX-License-Identifier: Apache-2.0
#include "mounting.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include <kubeferry/base/fd.hpp>

namespace kubeferry::rehearsal {

namespace {

/// Options of a mount that a namespace may not take away from it.
unsigned long kept_flags(const std::string& path) {
  struct statvfs about {};
  if (::statvfs(path.c_str(), &about) != 0) {
    return 0;
  }
  unsigned long flags = 0;
  constexpr std::pair<unsigned long, unsigned long> k_kept[] = {
      {ST_NOSUID, MS_NOSUID}, {ST_NODEV, MS_NODEV}, {ST_NOEXEC, MS_NOEXEC}};
  for (const auto& [seen, wanted] : k_kept) {
    flags |= (about.f_flag & seen) != 0 ? wanted : 0;
  }
  return flags;
}

}  // namespace

Status mount_new(const char* type, const std::string& target, unsigned long flags, const std::string& options) {
  if (::mount(type, target.c_str(), type, flags, options.empty() ? nullptr : options.c_str()) != 0) {
    return fail_errno(errno, fmt::format("mount {} on {}", type, target));
  }
  return {};
}

Status bind_mount(const std::string& source, const std::string& target) {
  if (::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    return fail_errno(errno, fmt::format("mount {} on {}", source, target));
  }
  return {};
}

Status bind_read_only(const std::string& source, const std::string& target) {
  KF_TRY(bind_mount(source, target));
  if (::mount(nullptr, target.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY | kept_flags(target), nullptr) != 0) {
    return fail_errno(errno, fmt::format("make {} read-only", target));
  }
  return {};
}

Status make_folder(const std::string& path, unsigned mode) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error || ::chmod(path.c_str(), mode) != 0) {
    return fail_errno(error ? error.value() : errno, path);
  }
  return {};
}

Status make_file(const std::string& path, std::string_view text, unsigned mode) {
  KF_TRY_ASSIGN(const Fd file, open_file(path, O_WRONLY | O_CREAT | O_TRUNC, mode));
  return write_all(file.get(), as_byte_view(text), path);
}

}  // namespace kubeferry::rehearsal
