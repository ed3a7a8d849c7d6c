// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <kubeferry/base/text.hpp>

#include "place.hpp"

namespace kubeferry::steps {

namespace {

constexpr int k_most_links = 40;  // as the kernel's
constexpr int k_directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct Level {
  Fd directory;
  bool trusted;  // nobody but root can put anything into it or what leads to it
};

struct Component {
  std::string name;
  bool literal;  // of the path itself, not of a link on the way
};

/// The walk in progress: directories entered, components still to go (the next one last).
struct Walk {
  std::string_view path;
  std::vector<Level> levels;
  std::vector<Component> left;
  int links = 0;
};

void put(Walk& walk, std::string_view path, bool literal) {
  const auto parts = split(path, '/');
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (!part->empty() && *part != ".") {
      walk.left.push_back({std::string(*part), literal});
    }
  }
}

bool ours_alone(const struct stat& info) {
  return (info.st_uid == 0 || info.st_uid == ::geteuid()) && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

Status enter(Walk& walk, Fd directory) {
  struct stat info {};
  if (::fstat(directory.get(), &info) != 0) {
    return fail_errno(errno, walk.path);
  }
  const bool trusted = (walk.levels.empty() || walk.levels.back().trusted) && ours_alone(info);
  walk.levels.push_back({std::move(directory), trusted});
  return {};
}

Status follow(Walk& walk, const Component& component) {
  std::array<char, 4096> target{};
  const ssize_t length =
      ::readlinkat(walk.levels.back().directory.get(), component.name.c_str(), target.data(), target.size());
  if (length < 0 || static_cast<std::size_t>(length) == target.size()) {
    return fail(ExitCode::io, "{}: {} is not a directory", printable(walk.path), printable(component.name));
  }
  if (!walk.levels.back().trusted) {
    return Failure(Error{ExitCode::io,
                         fmt::format("{}: {} is a symbolic link in a directory that others than root can write",
                                     printable(walk.path), printable(component.name)),
                         "make the directory root's alone (chown root, chmod go-w), or replace the link by a directory",
                         {}});
  }
  if (++walk.links > k_most_links) {
    return fail_errno(ELOOP, walk.path);
  }
  const std::string_view text(target.data(), static_cast<std::size_t>(length));
  if (text.starts_with('/')) {
    walk.levels.resize(1);
  }
  put(walk, text, false);
  return {};
}

/// The literal paths of `component` and of all that is left: none of them exists.
Result<std::vector<std::string>> missing_from(const Walk& walk, const Component& component) {
  if (!component.literal) {
    return fail(ExitCode::io, "{}: a symbolic link on the way leads nowhere", printable(walk.path));
  }
  std::vector<std::string> missing;
  std::string path(walk.path);
  for (std::size_t n = 0; n <= walk.left.size(); ++n) {
    missing.insert(missing.begin(), path);
    path = parent_of(path);
  }
  return missing;
}

Status check(std::string_view path) {
  bool good =
      path.starts_with('/') && path.find('\0') == std::string_view::npos && (path == "/" || !path.ends_with('/'));
  if (path != "/") {
    for (const auto part : split(path.substr(std::min<std::size_t>(1, path.size())), '/')) {
      good = good && !part.empty() && part != "." && part != "..";
    }
  }
  if (!good) {
    return fail(ExitCode::bug, "\"{}\" is no absolute, normalised path", printable(path));
  }
  return {};
}

}  // namespace

std::string parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? "/" : std::string(path.substr(0, slash));
}

Result<Way> way_to(const host::Host& host, std::string_view path) {
  KF_TRY(check(path));
  Walk walk{.path = path, .levels = {}, .left = {}};
  KF_TRY_ASSIGN(Fd root, open_file(host.root(), O_RDONLY | O_DIRECTORY));
  KF_TRY(enter(walk, std::move(root)));
  put(walk, path, true);
  while (!walk.left.empty()) {
    const Component component = std::move(walk.left.back());
    walk.left.pop_back();
    if (component.name == "..") {
      if (walk.levels.size() > 1) {
        walk.levels.pop_back();
      }
      continue;
    }
    Fd next(::openat(walk.levels.back().directory.get(), component.name.c_str(), k_directory_flags));
    if (next) {
      KF_TRY(enter(walk, std::move(next)));
    } else if (errno == ELOOP || errno == ENOTDIR) {
      KF_TRY(follow(walk, component));
    } else if (errno == ENOENT) {
      KF_TRY_ASSIGN(auto missing, missing_from(walk, component));
      return Way{std::move(walk.levels.back().directory), std::move(missing)};
    } else {
      return fail_errno(errno, path);
    }
  }
  return Way{std::move(walk.levels.back().directory), {}};
}

}  // namespace kubeferry::steps
