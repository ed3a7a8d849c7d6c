// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/rehearsal/mount_plan.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <kubeferry/base/text.hpp>

namespace kubeferry::rehearsal {

namespace {

constexpr std::string_view k_kernel_types[] = {
    "proc",    "sysfs",    "devtmpfs", "devpts",     "cgroup",    "cgroup2",  "securityfs", "debugfs",
    "tracefs", "pstore",   "bpf",      "mqueue",     "hugetlbfs", "configfs", "fusectl",    "binfmt_misc",
    "autofs",  "efivarfs", "nsfs",     "rpc_pipefs", "selinuxfs", "ramfs"};
constexpr std::string_view k_kernel_folders[] = {"/proc", "/sys", "/dev"};
/// What runtimes mount for their containers belongs to those containers.
constexpr std::string_view k_container_folders[] = {"/var/lib/docker", "/var/lib/containers", "/var/lib/containerd",
                                                    "/run/containerd", "/run/docker",         "/run/netns",
                                                    "/run/user",       "/run/credentials",    "/run/containers"};
constexpr std::string_view k_read_only_types[] = {"squashfs", "iso9660", "udf", "erofs", "cramfs"};

/// Undoes the octal escapes for blanks and backslashes: "/mnt/my\040disk".
std::string unescaped(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '7'; };
  std::string out;
  for (std::size_t n = 0; n < text.size(); ++n) {
    if (text[n] == '\\' && n + 3 < text.size() && std::ranges::all_of(text.substr(n + 1, 3), digit)) {
      out += static_cast<char>((text[n + 1] - '0') * 64 + (text[n + 2] - '0') * 8 + (text[n + 3] - '0'));
      n += 3;
    } else {
      out += text[n];
    }
  }
  return out;
}

template <class Range>
bool has(const Range& range, std::string_view word) {
  return std::ranges::find(range, word) != std::end(range);
}

bool is_below_any(std::string_view path, std::span<const std::string_view> folders) {
  return std::ranges::any_of(folders, [path](std::string_view folder) { return is_within(path, folder); });
}

bool belongs(const MountLine& line, std::span<const std::string> hidden) {
  if (line.point == "/" || has(k_kernel_types, line.type) || is_below_any(line.point, k_kernel_folders) ||
      is_below_any(line.point, k_container_folders)) {
    return false;
  }
  if (is_within(line.point, "/run") && (line.type == "tmpfs" || line.type == "overlay")) {
    return false;
  }
  return std::ranges::none_of(hidden, [&](const std::string& folder) { return is_within(line.point, folder); });
}

View view_of(const MountLine& line) {
  const bool read_only = has(split(line.options, ','), "ro") || has(split(line.super_options, ','), "ro") ||
                         has(k_read_only_types, line.type) || is_within(line.point, "/run") ||
                         line.point.find_first_of(",:\\") != std::string::npos;
  return read_only ? View::read_only : View::copy_on_write;
}

}  // namespace

bool is_within(std::string_view path, std::string_view folder) {
  return path == folder || folder == "/" || (path.starts_with(folder) && path.substr(folder.size()).starts_with('/'));
}

std::vector<MountLine> parse_mountinfo(std::string_view text) {
  std::vector<MountLine> lines;
  for (const auto line : split(text, '\n')) {
    const auto fields = split(line, ' ');
    const auto dash = std::ranges::find(fields, "-");
    if (fields.size() < 6 || fields.end() - dash < 3) {
      continue;
    }
    lines.push_back({.point = unescaped(fields[4]),
                     .options = std::string(fields[5]),
                     .type = std::string(dash[1]),
                     .super_options = std::string(fields.end() - dash > 3 ? dash[3] : std::string_view())});
  }
  return lines;
}

std::vector<MountPlan> plan_mounts(std::span<const MountLine> lines, std::span<const std::string> hidden) {
  std::vector<MountPlan> plan;
  for (std::size_t n = 0; n < lines.size(); ++n) {
    const MountLine& line = lines[n];
    // Whatever is mounted on it or above it later hides it; the one on top comes in its own turn.
    const bool covered = std::ranges::any_of(lines.subspan(n + 1), [&](const MountLine& later) {
      return later.point != "/" && is_within(line.point, later.point);
    });
    if (!covered && belongs(line, hidden)) {
      plan.push_back({line.point, view_of(line), is_within(line.point, "/run")});
    }
  }
  std::ranges::stable_sort(plan, {}, &MountPlan::point);
  return plan;
}

std::vector<GroupMount> group_mounts(std::span<const MountLine> lines) {
  std::vector<GroupMount> out;
  for (const auto& line : lines) {
    if (line.type == "cgroup2") {
      out.push_back({line.point, 2, ""});
    } else if (line.type == "cgroup") {
      std::vector<std::string_view> kept;
      bool named = false;
      for (const auto word : split(line.super_options, ',')) {
        named = named || word.starts_with("name=");
        if (word != "rw" && word != "ro" && word != "xattr" && word != "clone_children" &&
            !word.starts_with("release_agent=")) {
          kept.push_back(word);
        }
      }
      out.push_back({line.point, 1, fmt::format("{}{}", named ? "none," : "", fmt::join(kept, ","))});
    }
  }
  return out;
}

}  // namespace kubeferry::rehearsal
