// SPDX-License-Identifier: Apache-2.0
// Until pivot_root this process sees the machine's own files. So every step that fails ends it, and the marker, which
// only the copy has, is looked at before and after.
#include "root.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/rehearsal/mount_plan.hpp>

#include "kernel_mounts.hpp"
#include "mounting.hpp"

namespace kubeferry::rehearsal {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t k_largest_table = std::uint64_t{16} << 20;

/// What containerd, kubelet and etcd write to must not be on an overlay: overlays on it, and databases, need a real
/// file system. The first is fresh in any case, its images are no part of a rehearsal; the others where the host has
/// nothing there.
constexpr std::string_view k_always_real = "/var/lib/containerd";
constexpr std::string_view k_real_when_empty[] = {"/var/lib/kubelet", "/var/lib/etcd", "/var/lib/kubeferry"};

Failure slip(std::string_view what) { return fail(ExitCode::bug, "the rehearsal was not isolated: {}", what); }

Status overlay(const std::string& lower, const std::string& upper, const std::string& work, const std::string& target) {
  return mount_new("overlay", target, 0, fmt::format("lowerdir={},upperdir={},workdir={}", lower, upper, work));
}

Status mount_root(const Plan& plan, const std::string& root) {
  const std::string upper = fmt::format("{}/{}", plan.directory, k_upper);
  const std::string work = fmt::format("{}/{}", plan.directory, k_overlay);
  if (const Status made = overlay("/", upper, work, root); !made) {
    return Failure(Error{
        ExitCode::unsupported_host,
        fmt::format("{} cannot hold a copy-on-write view of this machine: {}", plan.directory, made.error().message),
        "--rehearsal-dir names a folder on a disk (ext4, xfs) or on a tmpfs, not on an overlay or NFS",
        {}});
  }
  return {};
}

void show_mount(const Plan& plan, const std::string& root, const MountPlan& mount, std::size_t number,
                const std::function<void(std::string_view)>& note) {
  const std::string target = root + mount.point;
  struct stat about {};
  if (::lstat(mount.point.c_str(), &about) != 0) {
    note(fmt::format("{} cannot be read and is not there in the rehearsal", mount.point));
    return;
  }
  if (mount.below_run) {
    static_cast<void>(S_ISDIR(about.st_mode) ? make_folder(target) : make_file(target, ""));
  }
  if (mount.view == View::copy_on_write && S_ISDIR(about.st_mode)) {
    const std::string own = fmt::format("{}/{}/{}", plan.directory, k_mounts, number);
    const std::string upper = fmt::format("{}/{}", own, k_upper);
    const std::string work = fmt::format("{}/{}", own, k_overlay);
    // The folder's own mode and owner are those of the upper one.
    const bool made = make_folder(upper, about.st_mode & 07777U) && make_folder(work) &&
                      ::chown(upper.c_str(), about.st_uid, about.st_gid) == 0 &&
                      overlay(mount.point, upper, work, target);
    if (made) {
      return;
    }
  }
  if (const Status bound = bind_read_only(mount.point, target); !bound) {
    note(fmt::format("{} is not there in the rehearsal: {}", mount.point, bound.error().message));
  } else if (mount.view == View::copy_on_write && S_ISDIR(about.st_mode)) {
    note(fmt::format("{} is read-only in the rehearsal: its file system bears no overlay", mount.point));
  }
}

bool is_empty(const std::string& path) {
  std::error_code error;
  return !fs::exists(path, error) || fs::is_empty(path, error);
}

Status add_real_folders(const Plan& plan, const std::string& root) {
  std::vector<std::string_view> folders = {k_always_real};
  for (const auto folder : k_real_when_empty) {
    if (is_empty(root + std::string(folder))) {
      folders.push_back(folder);
    }
  }
  for (const auto folder : folders) {
    std::string name(folder.substr(1));
    for (char& c : name) {
      c = c == '/' ? '-' : c;
    }
    const std::string source = fmt::format("{}/{}/{}", plan.directory, k_real, name);
    const std::string target = root + std::string(folder);
    struct stat about {};
    const unsigned mode = ::stat(target.c_str(), &about) == 0 ? about.st_mode & 07777U : 0755U;
    KF_TRY(make_folder(source, mode));
    KF_TRY(make_folder(target, mode));
    KF_TRY(bind_mount(source, target));
  }
  return {};
}

/// The work directory is hidden (it is below itself), and what the rehearsal may see of it is at k_inside.
Status add_inside(const Plan& plan, const std::string& root) {
  if (plan.directory != k_inside) {
    KF_TRY(mount_new("tmpfs", root + plan.directory, MS_NOSUID | MS_NODEV, "mode=0700,size=4k"));
  }
  const std::string target = root + std::string(k_inside);
  KF_TRY(make_folder(target, 0700));
  return bind_mount(fmt::format("{}/{}", plan.directory, k_shared), target);
}

Status add_hosts(const Plan& plan, const std::string& root) {
  if (!plan.hosts.empty()) {
    const auto before = read_file("/etc/hosts", k_largest_table);
    const std::string own = fmt::format("{}/hosts", plan.directory);
    KF_TRY(make_file(own, plan.hosts + before.value_or("")));
    if (!fs::exists(root + "/etc/hosts")) {
      KF_TRY(make_file(root + "/etc/hosts", ""));
    }
    KF_TRY(bind_mount(own, root + "/etc/hosts"));
  }
  return {};
}

/// To be called in the copy: before, a link in it that is absolute would lead to the machine's own files.
Status add_commands() {
  for (const auto* name : {"systemctl", "journalctl"}) {
    const std::string link = fmt::format("/usr/local/sbin/{}", name);
    std::error_code error;
    fs::create_directories(fs::path(link).parent_path(), error);
    fs::remove(link, error);
    fs::create_symlink(k_program, link, error);
    if (error) {
      return fail_errno(error.value(), fmt::format("/usr/local/sbin/{} of the rehearsal", name));
    }
  }
  return {};
}

Status turn(const Plan& plan, const std::string& root) {
  KF_TRY_ASSIGN(const Fd machine, open_file("/", O_RDONLY | O_DIRECTORY));
  if (::chdir(root.c_str()) != 0) {
    return fail_errno(errno, root);
  }
  KF_TRY(check_marker(".", plan.marker));
  // The new root and the place of the old one may be the same folder (pivot_root(2)): the old one is on top then.
  if (::syscall(SYS_pivot_root, ".", ".") != 0) {
    return fail_errno(errno, "pivot_root");
  }
  KF_TRY(check_marker("", plan.marker));
  if (::fchdir(machine.get()) != 0 || ::umount2(".", MNT_DETACH) != 0) {
    return fail_errno(errno, "detach the machine's root");
  }
  if (::chdir("/") != 0) {
    return fail_errno(errno, "/");
  }
  KF_TRY(check_marker(".", plan.marker));
  struct stat marker {};
  const std::string other = fmt::format("{}/{}{}", plan.directory, k_upper, k_marker);
  if (::lstat(other.c_str(), &marker) == 0) {
    return slip("the work directory can still be seen");
  }
  return {};
}

}  // namespace

Status check_namespaces(const Plan& plan) {
  if (::getpid() != 1) {
    return slip("this is not process 1");
  }
  for (const auto name : k_namespaces) {
    std::array<char, 64> link{};
    const ssize_t length = ::readlink(fmt::format("/proc/self/ns/{}", name).c_str(), link.data(), link.size() - 1);
    const auto machine = plan.namespaces.find(std::string(name));
    if (length <= 0 || machine == plan.namespaces.end() || machine->second.empty() ||
        machine->second == std::string_view(link.data(), static_cast<std::size_t>(length))) {
      return slip(fmt::format("its {} namespace is the machine's", name));
    }
  }
  return {};
}

Status check_marker(std::string_view root, const std::string& marker) {
  const auto found = read_file(fmt::format("{}{}", root, k_marker), 4096);
  return found && !marker.empty() && *found == marker ? Status() : slip("the marker is not there");
}

Status enter_root(const Plan& plan, const std::function<void(std::string_view)>& note) {
  // Nothing of what follows may reach the machine.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return fail_errno(errno, "make the mounts private");
  }
  KF_TRY_ASSIGN(const std::string table, read_file("/proc/self/mountinfo", k_largest_table));
  const auto lines = parse_mountinfo(table);
  const std::string root = fmt::format("{}/{}", plan.directory, k_root);
  KF_TRY(mount_root(plan, root));
  KF_TRY(check_marker(root, plan.marker));

  std::vector<std::string> hidden = {plan.directory, std::string(k_inside), std::string(k_always_real)};
  const auto mounts = plan_mounts(lines, hidden);
  for (std::size_t n = 0; n < mounts.size(); ++n) {
    if (!mounts[n].below_run) {
      show_mount(plan, root, mounts[n], n, note);
    }
  }
  KF_TRY(mount_kernel_views(root, group_mounts(lines)));
  for (std::size_t n = 0; n < mounts.size(); ++n) {
    if (mounts[n].below_run) {
      show_mount(plan, root, mounts[n], n, note);
    }
  }
  KF_TRY(add_real_folders(plan, root));
  KF_TRY(add_inside(plan, root));
  KF_TRY(add_hosts(plan, root));
  KF_TRY(turn(plan, root));
  KF_TRY(add_commands());
  // As systemd makes it; kubelet needs it. There is nothing of the machine's below it any more.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) != 0) {
    return fail_errno(errno, "share the rehearsal's mounts");
  }
  return {};
}

}  // namespace kubeferry::rehearsal
