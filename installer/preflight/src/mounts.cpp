// SPDX-License-Identifier: Apache-2.0
#include "mounts.hpp"

#include <algorithm>
#include <cctype>

#include "readers.hpp"

namespace kubeferry::preflight {

namespace {

/// Undoes the octal escapes for blanks and backslashes: "/mnt/my\040disk".
std::string unescaped(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '7'; };
  std::string out;
  for (std::size_t n = 0; n < text.size(); ++n) {
    if (text[n] == '\\' && n + 3 < text.size() && std::all_of(&text[n + 1], &text[n + 1] + 3, digit)) {
      out += static_cast<char>((text[n + 1] - '0') * 64 + (text[n + 2] - '0') * 8 + (text[n + 3] - '0'));
      n += 3;
    } else {
      out += text[n];
    }
  }
  return out;
}

}  // namespace

bool Mount::has(std::string_view option) const {
  const auto in = [&](std::string_view list) {
    const auto words = split(list, ',');
    return std::find(words.begin(), words.end(), option) != words.end();
  };
  return in(options) || in(super_options);
}

std::vector<Mount> read_mounts(const host::Host& host) {
  std::vector<Mount> mounts;
  for (const auto& fields : lines_of_words(host, "/proc/self/mountinfo")) {
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 6 || fields.end() - dash < 3) {
      continue;
    }
    mounts.push_back({.device = fields[2],
                      .point = unescaped(fields[4]),
                      .options = fields[5],
                      .type = dash[1],
                      .super_options = fields.end() - dash > 3 ? dash[3] : std::string()});
  }
  return mounts;
}

const Mount* mount_of(const std::vector<Mount>& mounts, const std::filesystem::path& path) {
  const Mount* best = nullptr;
  std::size_t longest = 0;
  for (const auto& mount : mounts) {
    const std::filesystem::path point(mount.point);
    const auto [end, rest] = std::mismatch(point.begin(), point.end(), path.begin(), path.end());
    const auto depth = static_cast<std::size_t>(std::distance(point.begin(), point.end()));
    // The last of those mounted on one point hides the others.
    if (end == point.end() && depth >= longest) {
      best = &mount;
      longest = depth;
    }
  }
  return best;
}

}  // namespace kubeferry::preflight
