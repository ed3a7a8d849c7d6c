// SPDX-License-Identifier: Apache-2.0
#include "machine_groups.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/rehearsal/mount_plan.hpp>

#include "plan.hpp"

namespace kubeferry::rehearsal {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_controllers[] = {"cpu", "cpuset", "memory", "pids", "io", "hugetlb"};
constexpr std::uint64_t k_largest = std::uint64_t{16} << 20;

std::vector<GroupMount> hierarchies() {
  return group_mounts(parse_mountinfo(read_file("/proc/self/mountinfo", k_largest).value_or("")));
}

std::string folder_in(const GroupMount& group) { return fmt::format("{}/{}", group.point, k_group_name); }

/// A control file takes one write, and is never made.
Status write_control(const std::string& path, std::string_view text) {
  KF_TRY_ASSIGN(const Fd file, open_file(path, O_WRONLY));
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return fail_errno(errno, path);
  }
  return {};
}

/// A new cpuset is empty, and then takes no process.
Status fill_cpuset(const GroupMount& group) {
  for (const auto* name : {"cpuset.cpus", "cpuset.mems"}) {
    if (const auto value = read_file(fmt::format("{}/{}", group.point, name), k_largest)) {
      KF_TRY(write_control(fmt::format("{}/{}", folder_in(group), name), *value));
    }
  }
  return write_control(folder_in(group) + "/cgroup.clone_children", "1");
}

bool has(std::string_view list, std::string_view word) {
  const auto words = split(trim(list), ' ');
  return std::ranges::find(words, word) != words.end();
}

/// Switches on what a child of `group` is to have; says what was not on before.
std::vector<std::string> switch_on(const GroupMount& group) {
  const std::string file = group.point + "/cgroup.subtree_control";
  const std::string there = read_file(group.point + "/cgroup.controllers", k_largest).value_or("");
  const std::string before = read_file(file, k_largest).value_or("");
  std::vector<std::string> changed;
  for (const auto controller : k_controllers) {
    if (has(there, controller) && !has(before, controller) && write_control(file, fmt::format("+{}", controller))) {
      changed.emplace_back(controller);
    }
  }
  return changed;
}

/// All groups at and below `folder`, innermost first.
bool remove_tree(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> children;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) {
      children.push_back(entry.path());
    }
  }
  const bool below = std::ranges::all_of(children, [](const fs::path& child) { return remove_tree(child); });
  return below && (::rmdir(folder.c_str()) == 0 || errno == ENOENT);
}

}  // namespace

Result<MachineGroups> MachineGroups::make() {
  MachineGroups made;
  const auto all = hierarchies();
  if (all.empty()) {
    return fail(ExitCode::unsupported_host, "no control groups are mounted on this machine");
  }
  for (const auto& group : all) {
    const std::string folder = folder_in(group);
    std::error_code error;
    fs::create_directory(folder, error);
    if (error) {
      return Failure(Error{ExitCode::unsupported_host,
                           fmt::format("{}: {}", folder, error.message()),
                           "a rehearsal needs control groups of its own; within a container it gets none",
                           {}});
    }
    made.folders_.push_back(folder);
    if (group.version == 2) {
      if (auto controllers = switch_on(group); !controllers.empty()) {
        made.enabled_.emplace_back(group.point + "/cgroup.subtree_control",
                                   fmt::format("-{}", fmt::join(controllers, " -")));
      }
    } else if (fs::exists(folder + "/cpuset.cpus")) {
      KF_TRY(fill_cpuset(group));
    }
  }
  return made;
}

MachineGroups::~MachineGroups() { static_cast<void>(remove()); }

Status MachineGroups::enter(pid_t pid) const {
  for (const auto& folder : folders_) {
    KF_TRY(write_control(folder + "/cgroup.procs", std::to_string(pid)));
  }
  return {};
}

Status MachineGroups::remove() {
  if (folders_.empty()) {
    return {};
  }
  folders_.clear();
  const Status removed = remove_groups();
  for (const auto& [file, controllers] : enabled_) {
    static_cast<void>(write_control(file, controllers));
  }
  return removed;
}

Status remove_groups() {
  constexpr auto k_patience = std::chrono::seconds(10);
  const auto deadline = std::chrono::steady_clock::now() + k_patience;
  for (const auto& group : hierarchies()) {
    // Processes leave their groups a moment after they are dead.
    while (!remove_tree(folder_in(group))) {
      if (std::chrono::steady_clock::now() > deadline) {
        return Failure(Error{
            ExitCode::io,
            fmt::format("{} cannot be removed: a process of an earlier rehearsal is still there", folder_in(group)),
            fmt::format("see {}/cgroup.procs, and below it", folder_in(group)),
            {}});
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  return {};
}

}  // namespace kubeferry::rehearsal
