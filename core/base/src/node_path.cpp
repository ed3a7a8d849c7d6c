// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/node_path.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>

namespace kubeferry {

Status check_node_path(std::string_view path) {
  const auto wrong = [&](std::string_view why) {
    return fail(ExitCode::usage, "the path \"{}\" {}", printable(path.substr(0, 200)), why);
  };
  if (path.empty() || path.front() != '/' || path.size() > 4096) {
    return wrong("is not absolute, or too long");
  }
  if (printable(path) != path) {
    return wrong("has control characters");
  }
  for (const auto part : split(path.substr(1), '/')) {
    if (part.empty() || part == "." || part == "..") {
      return wrong("has an empty, \".\" or \"..\" component");
    }
  }
  if (std::none_of(k_node_directories.begin(), k_node_directories.end(),
                   [&](std::string_view directory) { return path.starts_with(directory); })) {
    return wrong(
        fmt::format("is outside the directories that a bundle may write: {}", fmt::join(k_node_directories, " ")));
  }
  return {};
}

}  // namespace kubeferry
