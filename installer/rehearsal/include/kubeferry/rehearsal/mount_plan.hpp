// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

// Which of a machine's mounts a rehearsal shows to itself, and how. Texts in, values out.
namespace kubeferry::rehearsal {

/// A line of /proc/self/mountinfo (proc(5)).
struct MountLine {
  std::string point;
  std::string options;  ///< of the mount: "rw,nosuid"
  std::string type;     ///< "ext4"
  std::string super_options;
};

/// In the order in which they were mounted; lines that are none are passed over.
[[nodiscard]] std::vector<MountLine> parse_mountinfo(std::string_view text);

enum class View {
  copy_on_write,  ///< an overlay of its own; where the file system does not bear that, as below
  read_only,      ///< bound as it is
};
struct MountPlan {
  std::string point;
  View view = View::copy_on_write;
  bool below_run = false;  ///< on top of the new /run, which is empty
  [[nodiscard]] bool operator==(const MountPlan&) const = default;
};

/// The machine's real file systems but the root's, parents before children. Left out: kernel file systems and what is
/// below /proc, /sys and /dev, memory below /run, container runtimes' own mounts, what a later mount on the same point
/// hides, and everything at or below one of `hidden`.
[[nodiscard]] std::vector<MountPlan> plan_mounts(std::span<const MountLine> lines, std::span<const std::string> hidden);

/// A hierarchy of control groups.
struct GroupMount {
  std::string point;
  int version = 1;
  std::string controllers;  ///< of version 1, as mount(2) takes them: "cpu,cpuacct", "none,name=systemd"
  [[nodiscard]] bool operator==(const GroupMount&) const = default;
};
[[nodiscard]] std::vector<GroupMount> group_mounts(std::span<const MountLine> lines);

/// Whether `path` is `folder` or below it.
[[nodiscard]] bool is_within(std::string_view path, std::string_view folder);

}  // namespace kubeferry::rehearsal
