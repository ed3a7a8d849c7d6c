// SPDX-License-Identifier: Apache-2.0
#include "kernel_mounts.hpp"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>

#include "mounting.hpp"

namespace kubeferry::rehearsal {

namespace {

namespace fs = std::filesystem;

/// What kubelet sets, and refuses to run when it cannot.
constexpr std::string_view k_settings[] = {
    "vm/overcommit_memory", "vm/panic_on_oom",          "kernel/panic",
    "kernel/panic_on_oops", "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes"};
constexpr std::string_view k_untouchable[] = {"sysrq-trigger", "irq", "acpi", "bus", "fs"};

struct Device {
  std::string_view name;
  unsigned major;
  unsigned minor;
};
constexpr Device k_devices[] = {{"null", 1, 3},    {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8},
                                {"urandom", 1, 9}, {"tty", 5, 0},  {"kmsg", 1, 11}};
constexpr std::pair<std::string_view, std::string_view> k_links[] = {{"ptmx", "pts/ptmx"},
                                                                     {"fd", "/proc/self/fd"},
                                                                     {"stdin", "/proc/self/fd/0"},
                                                                     {"stdout", "/proc/self/fd/1"},
                                                                     {"stderr", "/proc/self/fd/2"}};

Status mount_proc(const std::string& root) {
  const std::string proc = root + "/proc";
  KF_TRY(mount_new("proc", proc, MS_NOSUID | MS_NODEV | MS_NOEXEC, ""));
  KF_TRY(bind_read_only(proc + "/sys", proc + "/sys"));
  // Those of the network are the namespace's own.
  KF_TRY(bind_mount(proc + "/sys/net", proc + "/sys/net"));
  if (::mount(nullptr, (proc + "/sys/net").c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_NOSUID | MS_NODEV | MS_NOEXEC,
              nullptr) != 0) {
    return fail_errno(errno, "/proc/sys/net of the rehearsal");
  }
  for (const auto name : k_untouchable) {
    const std::string path = fmt::format("{}/{}", proc, name);
    if (fs::exists(path)) {
      KF_TRY(bind_read_only(path, path));
    }
  }
  return {};
}

/// Read-only here only: containers of this network namespace mount the same file system, some of them to write.
Status mount_sys(const std::string& root) {
  const std::string sys = root + "/sys";
  constexpr unsigned long k_flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  KF_TRY(mount_new("sysfs", sys, k_flags, ""));
  if (::mount(nullptr, sys.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY | k_flags, nullptr) != 0) {
    return fail_errno(errno, "make /sys of the rehearsal read-only");
  }
  return {};
}

Status mount_groups(const std::string& root, std::span<const GroupMount> groups) {
  const std::string top = root + "/sys/fs/cgroup";
  if (groups.size() == 1 && groups.front().version == 2 && groups.front().point == "/sys/fs/cgroup") {
    return mount_new("cgroup2", top, MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
  }
  KF_TRY(mount_new("tmpfs", top, MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755"));
  for (const auto& group : groups) {
    if (!is_within(group.point, "/sys/fs/cgroup")) {
      continue;
    }
    const std::string target = root + group.point;
    KF_TRY(make_folder(target));
    KF_TRY(mount_new(group.version == 2 ? "cgroup2" : "cgroup", target, MS_NOSUID | MS_NODEV | MS_NOEXEC,
                     group.controllers));
    // "cpu" beside "cpu,cpuacct", as systemd has it.
    const std::string name = fs::path(group.point).filename();
    const auto parts = split(name, ',');
    for (const auto part : parts) {
      if (parts.size() > 1 && ::symlink(name.c_str(), fmt::format("{}/{}", top, part).c_str()) != 0 &&
          errno != EEXIST) {
        return fail_errno(errno, fmt::format("{}/{}", top, part));
      }
    }
  }
  return {};
}

Status mount_dev(const std::string& root) {
  const std::string dev = root + "/dev";
  KF_TRY(mount_new("tmpfs", dev, MS_NOSUID, "mode=755"));
  const mode_t before = ::umask(0);
  for (const auto& [name, major, minor] : k_devices) {
    const std::string path = fmt::format("{}/{}", dev, name);
    if (::mknod(path.c_str(), S_IFCHR | 0666, makedev(major, minor)) != 0) {
      return fail_errno(errno, path);
    }
  }
  ::umask(before);
  for (const auto* name : {"pts", "shm", "mqueue"}) {
    KF_TRY(make_folder(fmt::format("{}/{}", dev, name)));
  }
  KF_TRY(mount_new("devpts", dev + "/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620,gid=5"));
  KF_TRY(mount_new("tmpfs", dev + "/shm", MS_NOSUID | MS_NODEV, "mode=1777"));
  KF_TRY(mount_new("mqueue", dev + "/mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, ""));
  for (const auto& [name, target] : k_links) {
    const std::string path = fmt::format("{}/{}", dev, name);
    if (::symlink(std::string(target).c_str(), path.c_str()) != 0) {
      return fail_errno(errno, path);
    }
  }
  return {};
}

/// The host's name servers, where its resolv.conf leads into /run (systemd-resolved, NetworkManager): kubelet hands
/// that file to Pods.
Status keep_resolvers(const std::string& root) {
  for (const auto* path : {"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"}) {
    std::error_code error;
    const std::string real = fs::canonical(path, error);
    if (!error && is_within(real, "/run")) {
      KF_TRY_ASSIGN(const std::string text, read_file(real, std::uint64_t{1} << 20));
      KF_TRY(make_folder(root + fs::path(real).parent_path().native()));
      KF_TRY(make_file(root + real, text));
    }
  }
  return {};
}

Status mount_run(const std::string& root) {
  KF_TRY(mount_new("tmpfs", root + "/run", MS_NOSUID | MS_NODEV, "mode=755"));
  KF_TRY(make_folder(root + "/run/lock", 01777));
  // By which programs know that systemctl is how services are managed.
  KF_TRY(make_folder(root + "/run/systemd/system"));
  KF_TRY(keep_resolvers(root));
  KF_TRY(make_folder(root + "/run/kubeferry-rehearsal/settings", 0700));
  for (const auto setting : k_settings) {
    const std::string kernel = fmt::format("/proc/sys/{}", setting);
    const auto value = read_file(kernel, 4096);
    if (!value) {
      continue;
    }
    std::string name(setting);
    for (char& c : name) {
      c = c == '/' ? '.' : c;
    }
    const std::string own = fmt::format("{}/run/kubeferry-rehearsal/settings/{}", root, name);
    KF_TRY(make_file(own, *value));
    KF_TRY(bind_mount(own, root + kernel));
  }
  return {};
}

}  // namespace

Status mount_kernel_views(const std::string& root, std::span<const GroupMount> groups) {
  KF_TRY(mount_proc(root));
  KF_TRY(mount_sys(root));
  KF_TRY(mount_groups(root, groups));
  KF_TRY(mount_dev(root));
  return mount_run(root);
}

}  // namespace kubeferry::rehearsal
