// SPDX-License-Identifier: Apache-2.0
#include <sys/statvfs.h>

#include "readers.hpp"

namespace kubeferry::preflight {

namespace {

/// `path` as the host sees it without links, also where the end of it is not there yet.
std::filesystem::path resolved(const host::Host& host, std::string_view path) {
  std::error_code error;
  const auto root = std::filesystem::canonical(host.root(), error);
  const auto real = std::filesystem::weakly_canonical(host.at(path), error);
  const auto inside = real.lexically_relative(root);
  if (error || inside.empty() || *inside.begin() == "..") {
    return path;
  }
  return inside == "." ? std::filesystem::path("/") : std::filesystem::path("/") / inside;
}

/// The nearest directory that is there.
std::filesystem::path existing(std::filesystem::path path) {
  std::error_code ignored;
  while (!std::filesystem::exists(path, ignored) && path.has_relative_path()) {
    path = path.parent_path();
  }
  return path;
}

Place read_place(const host::Host& host, std::string_view path, const std::vector<Mount>& mounts) {
  Place place;
  const auto real = resolved(host, path);
  if (const Mount* const mount = mount_of(mounts, real)) {
    place.mount_point = mount->point;
    place.device = mount->device;
    place.read_only = mount->has("ro");
    place.no_exec = mount->has("noexec");
  }
  struct statvfs state {};
  if (::statvfs(existing(host.at(real.native())).c_str(), &state) == 0) {
    const std::uint64_t block = state.f_frsize;
    place.total_bytes = state.f_blocks * block;
    place.free_bytes = state.f_bavail * block;
    if (state.f_files != 0) {
      place.free_inodes = state.f_favail;
    }
  }
  return place;
}

}  // namespace

std::map<std::string, Place> read_places(const host::Host& host, const std::vector<Mount>& mounts) {
  std::map<std::string, Place> places;
  for (const auto path : k_places) {
    places.emplace(path, read_place(host, path, mounts));
  }
  return places;
}

}  // namespace kubeferry::preflight
