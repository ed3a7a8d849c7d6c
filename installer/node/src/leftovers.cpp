// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/leftovers.hpp>

#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/node/packet_filter.hpp>

#include "leftover_lists.hpp"

namespace kubeferry::node {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const host::Host& host, std::string_view directory) {
  std::vector<std::string> out;
  std::error_code ignored;
  for (fs::directory_iterator entry(host.at(directory), ignored), end; entry != end; entry.increment(ignored)) {
    out.push_back(entry->path().filename().native());
  }
  std::ranges::sort(out);
  return out;
}

std::set<std::string> strings(const Json* list) {
  std::set<std::string> out;
  if (list != nullptr && list->as_array() != nullptr) {
    for (const Json& item : *list->as_array()) {
      if (item.as_string() != nullptr) {
        out.insert(*item.as_string());
      }
    }
  }
  return out;
}

/// Tries everything and remembers the first thing that went wrong.
class Sweep {
public:
  explicit Sweep(const std::function<void(std::string_view)>& warning) : warning_(warning) {}

  void take(Status status) {
    if (status) {
      return;
    }
    warning_(status.error().message);
    if (first_) {
      first_ = std::move(status);
    }
  }
  [[nodiscard]] Status result() { return std::move(first_); }

private:
  const std::function<void(std::string_view)>& warning_;
  Status first_;
};

/// fs::remove_all() without crossing into anything that is still mounted: that would be somebody's data.
Status remove_tree(const host::Host& host, const std::string& path) {
  if (!host.exists(path)) {
    return {};
  }
  const auto mounts =
      mounts_below(read_file("/proc/self/mounts", std::uint64_t{16} << 20).value_or(""), host.at(path).native());
  if (!mounts.empty()) {
    return fail(ExitCode::io, "{} stays: {} is still mounted", path, mounts.front());
  }
  std::error_code error;
  fs::remove_all(host.at(path), error);
  return error ? Status(fail_errno(error.value(), path)) : Status();
}

void unmount(const host::Host& host, Sweep& sweep) {
  const std::string mounts = read_file("/proc/self/mounts", std::uint64_t{16} << 20).value_or("");
  for (const auto directory : k_mount_parents) {
    for (const auto& point : mounts_below(mounts, host.at(directory).native())) {
      if (::umount2(point.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL && errno != ENOENT) {
        sweep.take(fail_errno(errno, fmt::format("umount {}", point)));
      }
    }
  }
}

void remove_interfaces(const host::Host& host, const std::set<std::string>& kept, Sweep& sweep) {
  const auto ip = host.program("ip");
  for (const auto& name : names_in(host, "/sys/class/net")) {
    if (ip && is_cluster_interface(name) && !kept.contains(name)) {
      auto removed = host.output_of({*ip, "link", "delete", name});
      // The other end of a pair that went with its Pod's namespace is gone by now.
      if (!removed && host.exists(fmt::format("/sys/class/net/{}", name))) {
        sweep.take(Failure(std::move(removed).error()));
      }
    }
  }
}

void remove_namespaces(const host::Host& host, const std::set<std::string>& kept, Sweep& sweep) {
  for (const auto& name : names_in(host, k_namespaces)) {
    if (!name.starts_with("cni-") || kept.contains(name)) {
      continue;
    }
    const fs::path path = host.at(fmt::format("{}/{}", k_namespaces, name));
    static_cast<void>(::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW));  // one that is no mount is only a file
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
      sweep.take(fail_errno(errno, path.native()));
    }
  }
}

/// The kubelet's cgroups: empty by now; rmdir(2) refuses those that are not.
void remove_cgroups(const host::Host& host) {
  // systemd would make the groups of slices again that it takes for active.
  if (const auto systemctl = host.program("systemctl"); systemctl && host.exists("/sys/fs/cgroup/kubepods.slice")) {
    static_cast<void>(host.output_of({*systemctl, "stop", "kubepods.slice"}, std::chrono::minutes(2)));
  }
  for (const auto& controller : names_in(host, "/sys/fs/cgroup")) {
    for (const std::string_view name : {"kubepods", "kubepods.slice"}) {
      for (const std::string& path :
           {fmt::format("/sys/fs/cgroup/{}/{}", controller, name), fmt::format("/sys/fs/cgroup/{}", name)}) {
        std::vector<fs::path> all;
        std::error_code ignored;
        for (fs::recursive_directory_iterator entry(host.at(path), ignored), end; entry != end;
             entry.increment(ignored)) {
          if (entry->is_directory(ignored)) {
            all.push_back(entry->path());
          }
        }
        std::ranges::sort(all, std::greater<>());
        for (const auto& directory : all) {
          ::rmdir(directory.c_str());
        }
        ::rmdir(host.at(path).c_str());
      }
    }
  }
}

void remove_directories(const host::Host& host, const Json& before, Sweep& sweep) {
  const auto kept = strings(before.find("paths"));
  for (const auto path : k_paths) {
    if (!kept.contains(std::string(path))) {
      sweep.take(remove_tree(host, std::string(path)));
    }
  }
  for (const auto folder : k_folders) {
    const auto names = strings(before.find("folders")->find(folder));
    for (const auto& name : names_in(host, folder)) {
      if (!names.contains(name)) {
        sweep.take(remove_tree(host, fmt::format("{}/{}", folder, name)));
      }
    }
  }
  for (const auto parent : k_parents) {
    if (!kept.contains(std::string(parent))) {
      ::rmdir(host.at(parent).c_str());  // refuses what is not empty
    }
  }
}

fs::path sysctl_path(const host::Host& host, std::string_view key) { return host.at(fmt::format("/proc/sys/{}", key)); }

void restore_sysctls(const host::Host& host, const Json* before, Sweep& sweep) {
  if (before == nullptr || before->as_object() == nullptr) {
    return;
  }
  for (const auto& [key, value] : *before->as_object()) {
    const std::string* wanted = value.as_string();
    const auto now = host.line(fmt::format("/proc/sys/{}", key));
    if (wanted == nullptr || !now || *now == *wanted) {
      continue;
    }
    auto fd = open_file(sysctl_path(host, key), O_WRONLY);
    sweep.take(fd ? write_all(fd->get(), as_byte_view(*wanted), key) : Status(Failure(std::move(fd).error())));
  }
}

/// Options of the one file system that all mounts of control groups v2 share. A container that mounts it without them
/// takes them away from the host (runc does for Pods in the host's own group namespace).
constexpr std::array<std::string_view, 6> k_group_options = {
    "nsdelegate",      "favordynmods", "memory_localevents", "memory_recursiveprot", "memory_hugetlb_accounting",
    "pids_localevents"};

std::vector<std::string> group_options(const host::Host& host) {
  return group_options_in(read_file("/proc/self/mounts", std::uint64_t{16} << 20).value_or(""),
                          host.at(k_groups).native());
}

Status restore_group_options(const host::Host& host, const std::set<std::string>& before) {
  std::set<std::string> lost = before;
  for (const auto& option : group_options(host)) {
    lost.erase(option);
  }
  const auto mount = host.program("mount");
  if (lost.empty() || !mount) {
    return {};
  }
  std::string options = "remount";
  for (const auto& option : before) {
    options += "," + option;
  }
  auto done = host.output_of({*mount, "-o", options, host.at(k_groups).native()});
  return done ? Status() : propagate(std::move(done));
}

}  // namespace

std::vector<std::string> group_options_in(std::string_view mounts, std::string_view point) {
  for (const auto line : split(mounts, '\n')) {
    const auto fields = split(line, ' ');
    if (fields.size() < 4 || fields[1] != point || fields[2] != "cgroup2") {
      continue;
    }
    std::vector<std::string> out;
    for (const auto option : split(fields[3], ',')) {
      if (std::ranges::find(k_group_options, option) != k_group_options.end()) {
        out.emplace_back(option);
      }
    }
    return out;
  }
  return {};
}

std::vector<std::string> mounts_below(std::string_view mounts, std::string_view directory) {
  std::vector<std::string> out;
  for (const auto line : split(mounts, '\n')) {
    const auto fields = split(line, ' ');
    if (fields.size() < 2) {
      continue;
    }
    std::string point;
    for (std::size_t n = 0; n < fields[1].size(); ++n) {
      const auto digit = [&](std::size_t k) { return fields[1][n + k] - '0'; };
      if (fields[1][n] == '\\' && n + 3 < fields[1].size()) {
        point += static_cast<char>(digit(1) * 64 + digit(2) * 8 + digit(3));
        n += 3;
      } else {
        point += fields[1][n];
      }
    }
    if (point == directory || point.starts_with(fmt::format("{}/", directory))) {
      out.push_back(std::move(point));
    }
  }
  std::ranges::reverse(out);  // the kernel lists them in the order of mounting
  return out;
}

bool is_cluster_interface(std::string_view name) {
  return std::ranges::find(k_interfaces, name) != k_interfaces.end() || name.starts_with("cali");
}

Json note_leftovers(const host::Host& host) {
  Json paths = Json::array();
  const auto note = [&](std::string_view path) {
    if (host.exists(path)) {
      paths.push(path);
    }
  };
  std::ranges::for_each(k_paths, note);
  std::ranges::for_each(k_parents, note);
  Json folders = Json::object();
  for (const auto folder : k_folders) {
    if (host.exists(folder)) {
      folders.set(std::string(folder), json_array(names_in(host, folder)));
    }
  }
  Json sysctls = Json::object();
  for (const auto key : k_sysctls) {
    if (auto value = host.line(fmt::format("/proc/sys/{}", key))) {
      sysctls.set(std::string(key), std::move(*value));
    }
  }
  Json out;
  out.set("paths", std::move(paths));
  out.set("folders", std::move(folders));
  out.set("interfaces", json_array(names_in(host, "/sys/class/net")));
  out.set("namespaces", json_array(names_in(host, k_namespaces)));
  out.set("sysctls", std::move(sysctls));
  out.set("groupOptions", json_array(group_options(host)));
  const auto tables = packet_filter_tables(host);
  out.set("firewallTables", json_array({tables.begin(), tables.end()}));
  return out;
}

Status remove_leftovers(const host::Host& host, const Json& before,
                        const std::function<void(std::string_view)>& warning) {
  Sweep sweep(warning);
  unmount(host, sweep);
  remove_interfaces(host, strings(before.find("interfaces")), sweep);
  remove_namespaces(host, strings(before.find("namespaces")), sweep);
  sweep.take(clean_packet_filter(host));
  // A journal from before they were noted does not say that there were none.
  if (const Json* tables = before.find("firewallTables")) {
    remove_idle_tables(host, strings(tables));
  }
  remove_cgroups(host);
  sweep.take(restore_group_options(host, strings(before.find("groupOptions"))));
  if (before.find("paths") == nullptr || before.find("folders") == nullptr) {
    sweep.take(
        fail(ExitCode::io, "the journal does not say what was here before kubeadm ran; no directory was removed"));
    return sweep.result();
  }
  remove_directories(host, before, sweep);
  restore_sysctls(host, before.find("sysctls"), sweep);
  return sweep.result();
}

}  // namespace kubeferry::node
