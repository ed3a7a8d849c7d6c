// SPDX-License-Identifier: Apache-2.0
#include "place.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "new_file.hpp"

namespace kubeferry::steps {

namespace {

std::string name_of(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

Status sync(int directory, std::string_view path) {
  if (::fsync(directory) != 0) {
    return fail_errno(errno, path);
  }
  return {};
}

/// Appears with its mode and owner or not at all, whatever the umask, and whenever we are killed.
Result<Fd> make_one(int parent, const std::string& path, mode_t mode) {
  const std::string name = name_of(path);
  const std::string temporary = temporary_name(name);
  if (::mkdirat(parent, temporary.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_errno(errno, path);
  }
  Fd made(::openat(parent, temporary.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  const Attributes attributes = root_owned(mode);
  if (!made || ::fchown(made.get(), attributes.uid, attributes.gid) != 0 || ::fchmod(made.get(), mode) != 0 ||
      ::renameat(parent, temporary.c_str(), parent, name.c_str()) != 0) {
    return fail_errno(errno, path);
  }
  KF_TRY(sync(parent, path));
  return made;
}

}  // namespace

Result<std::optional<Place>> find_place(const host::Host& host, const std::string& path) {
  KF_TRY_ASSIGN(Way way, way_to(host, parent_of(path)));
  if (!way.missing.empty()) {
    return std::nullopt;
  }
  return Place{path, std::move(way.directory), name_of(path)};
}

Result<Place> make_place(const host::Host& host, const std::string& path) {
  KF_TRY_ASSIGN(Fd directory, make_directory(host, parent_of(path), 0755));
  return Place{path, std::move(directory), name_of(path)};
}

Result<Fd> make_directory(const host::Host& host, const std::string& path, mode_t mode) {
  KF_TRY_ASSIGN(Way way, way_to(host, path));
  Fd directory = std::move(way.directory);
  for (const auto& missing : way.missing) {
    KF_TRY_ASSIGN(directory, make_one(directory.get(), missing, missing == path ? mode : 0755));
  }
  return directory;
}

Status remove_made(const host::Host& host, const std::vector<std::string>& made,
                   const std::function<void(std::string_view)>& warning) {
  for (auto path = made.rbegin(); path != made.rend(); ++path) {
    KF_TRY_ASSIGN(const auto place, find_place(host, *path));
    if (!place) {
      continue;
    }
    KF_TRY(remove_leftover(*place));
    if (::unlinkat(place->directory.get(), place->name.c_str(), AT_REMOVEDIR) == 0) {
      KF_TRY(sync_directory(*place));
    } else if (errno == ENOTEMPTY || errno == EEXIST) {
      warning(fmt::format("{} is left: it is not empty", *path));
      return {};
    } else if (errno == EBUSY) {
      warning(fmt::format("{} is left: something is mounted there", *path));
      return {};
    } else if (errno != ENOENT && errno != ENOTDIR) {
      return fail_errno(errno, *path);
    }
  }
  return {};
}

Result<Seen> look(const Place& place) {
  Seen seen;
  if (::fstatat(place.directory.get(), place.name.c_str(), &seen.info, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) {
      return seen;
    }
    return fail_errno(errno, place.path);
  }
  if (S_ISREG(seen.info.st_mode)) {
    seen.what = Seen::What::file;
  } else if (S_ISDIR(seen.info.st_mode)) {
    seen.what = Seen::What::directory;
  } else if (S_ISLNK(seen.info.st_mode)) {
    seen.what = Seen::What::link;
    std::array<char, 4096> target{};
    const ssize_t length = ::readlinkat(place.directory.get(), place.name.c_str(), target.data(), target.size());
    if (length < 0) {
      return fail_errno(errno, place.path);
    }
    seen.link.assign(target.data(), static_cast<std::size_t>(length));
  } else {
    seen.what = Seen::What::other;
  }
  return seen;
}

Status remove_file(const Place& place) {
  if (::unlinkat(place.directory.get(), place.name.c_str(), 0) != 0) {
    if (errno == ENOENT) {
      return {};
    }
    return fail_errno(errno, place.path);
  }
  return sync_directory(place);
}

Status sync_directory(const Place& place) { return sync(place.directory.get(), parent_of(place.path)); }

std::string temporary_name(std::string_view name) { return fmt::format(".{}.kubeferry-new", name); }

bool has_leftover(const Place& place) {
  struct stat info {};
  return ::fstatat(place.directory.get(), temporary_name(place.name).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

Status remove_leftover(const Place& place) {
  const std::string name = temporary_name(place.name);
  if (::unlinkat(place.directory.get(), name.c_str(), 0) == 0 || errno == ENOENT) {
    return {};
  }
  if (errno == EISDIR && ::unlinkat(place.directory.get(), name.c_str(), AT_REMOVEDIR) == 0) {
    return {};
  }
  return fail_errno(errno, fmt::format("{}/{}", parent_of(place.path), name));
}

Json to_json(const std::vector<std::string>& texts) {
  Json array = Json::array();
  for (const auto& text : texts) {
    array.push(text);
  }
  return array;
}

std::vector<std::string> texts_of(const Json* value) {
  std::vector<std::string> texts;
  if (value != nullptr && value->as_array() != nullptr) {
    for (const auto& element : *value->as_array()) {
      if (const auto* text = element.as_string()) {
        texts.push_back(*text);
      }
    }
  }
  return texts;
}

}  // namespace kubeferry::steps
