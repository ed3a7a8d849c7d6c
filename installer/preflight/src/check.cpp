// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/preflight/check.hpp>

#include <algorithm>
#include <array>

#include <kubeferry/base/text.hpp>

#include "checks.hpp"

namespace kubeferry::preflight {

namespace {

/// Without what a check has nothing to compare with.
enum class Wants { nothing, bundle, sizes, networks };

/// One kind of finding. A name that ends in "-" is followed by a port, a path or a program.
struct Row {
  void (*check)(const Facts&, const Question&, Out&);
  std::string_view name;
  std::string_view kubeadm;  ///< the check of kubeadm's that complains of the same; empty: none
  Wants wants = Wants::nothing;
};

/// In the order of docs/preflight.md.
constexpr std::array k_rows = {
    Row{&check_privileged, "IsPrivilegedUser", "IsPrivilegedUser"},
    Row{&check_init_system, "InitSystem", ""},
    Row{&check_architecture, "Architecture", "", Wants::bundle},
    Row{&check_processors, "NumCPU", "NumCPU"},
    Row{&check_memory, "Mem", "Mem"},
    Row{&check_swap, "Swap", "Swap"},
    Row{&check_clock, "Clock", "", Wants::bundle},
    Row{&check_clock_synchronised, "ClockSync", ""},
    Row{&check_hostname, "Hostname", "Hostname"},
    Row{&check_machine_id, "MachineID", ""},
    Row{&check_product_uuid, "ProductUUID", ""},
    Row{&check_kernel_version, "KernelVersion", "SystemVerification"},
    Row{&check_kernel_configuration, "KernelConfig", "SystemVerification"},
    Row{&check_kernel_modules, "KernelModules", ""},
    Row{&check_network_modules, "NetworkModules", "", Wants::bundle},
    Row{&check_sysctls, "Sysctls", ""},
    Row{&check_forwarding, "IpForward", ""},
    Row{&check_inotify, "Inotify", ""},
    Row{&check_cgroup_version, "CgroupVersion", "SystemVerification"},
    Row{&check_cgroup_controllers, "Cgroups", "SystemVerification"},
    Row{&check_disk_space, "DiskSpace", "", Wants::sizes},
    Row{&check_inodes, "Inodes", "", Wants::sizes},
    Row{&check_disk_pressure, "DiskPressure", "", Wants::sizes},
    Row{&check_read_only, "ReadOnly", ""},
    Row{&check_no_exec, "NoExec", ""},
    Row{&check_ports, "Port-", "Port-"},
    Row{&check_default_route, "DefaultRoute", ""},
    Row{&check_advertise_address, "AdvertiseAddress", ""},
    Row{&check_service_route, "ServiceRoute", "", Wants::networks},
    Row{&check_overlap, "CidrOverlap", "", Wants::networks},
    Row{&check_nameserver, "Nameserver", ""},
    Row{&check_cluster_files, "FileAvailable-", "FileAvailable-"},
    Row{&check_etcd_data, "DirAvailable-", "DirAvailable-"},
    Row{&check_existing_cluster, "ExistingCluster", ""},
    Row{&check_other_kubernetes, "OtherKubernetes", ""},
    Row{&check_kubelet_version, "KubeletVersion", "KubeletVersion", Wants::bundle},
    Row{&check_kubeadm_version, "KubeadmVersion", "", Wants::bundle},
    Row{&check_container_runtime, "ContainerRuntime", "", Wants::bundle},
    Row{&check_docker, "Docker", ""},
    Row{&check_crio, "CRI", "CRI"},
    Row{&check_programs, "FileExisting-", "FileExisting-"},
    Row{&check_selinux, "SELinux", ""},
    Row{&check_apparmor, "AppArmor", ""},
    Row{&check_fapolicyd, "Fapolicyd", ""},
    Row{&check_firewalld, "Firewalld", "Firewalld"},
    Row{&check_ufw, "Ufw", ""},
};

bool is_missing(const Question& question, Wants wants) {
  switch (wants) {
    case Wants::bundle: return !question.bundle;
    case Wants::sizes: return question.needs.empty();
    case Wants::networks: return question.services.empty() && question.pods.empty();
    case Wants::nothing: break;
  }
  return false;
}

bool is_named(const Row& row, std::string_view word) {
  if (!row.name.ends_with('-')) {
    return equals_ignoring_case(row.name, word);
  }
  return word.size() > row.name.size() && equals_ignoring_case(row.name, word.substr(0, row.name.size()));
}

const Row* find_row(std::string_view word) {
  const auto* const row =
      std::find_if(k_rows.begin(), k_rows.end(), [&](const Row& candidate) { return is_named(candidate, word); });
  return row == k_rows.end() ? nullptr : row;
}

Failure unknown(std::string_view word) {
  const auto names = check_names();
  auto failure = Error{ExitCode::usage, fmt::format("--ignore: there is no check \"{}\"", printable(word)), {}, {}};
  const auto near = nearest(word, names);
  return Failure(std::move(failure).with_hint(near ? fmt::format("did you mean {}?", *near)
                                                   : "kubeferry preflight prints the names of what it found"));
}

}  // namespace

std::vector<Finding> check(const Facts& facts, const Question& question) {
  std::vector<Finding> findings;
  for (const auto& row : k_rows) {
    row.check(facts, question, findings);
  }
  for (auto& finding : findings) {
    if (finding.severity == Severity::error && question.ignored.contains(lower(finding.name))) {
      finding.severity = Severity::warning;
      finding.ignored = true;
    }
  }
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
  return findings;
}

std::vector<std::string_view> check_names() {
  std::vector<std::string_view> names;
  for (const auto& row : k_rows) {
    names.push_back(row.name);
  }
  return names;
}

std::vector<std::string> left_out(const Question& question) {
  std::vector<std::string> names;
  for (const auto& row : k_rows) {
    if (is_missing(question, row.wants)) {
      names.emplace_back(row.name);
    }
  }
  return names;
}

Result<std::set<std::string>> parse_ignored(std::span<const std::string> words) {
  std::set<std::string> ignored;
  for (const auto& list : words) {
    for (const auto part : split(list, ',')) {
      const auto word = trim(part);
      if (equals_ignoring_case(word, "all")) {
        return Failure(Error{ExitCode::usage,
                             "--ignore all is refused: it would also accept what nobody has seen yet",
                             "name the checks that you looked at, as in --ignore NumCPU,Mem",
                             {}});
      }
      if (find_row(word) == nullptr) {
        return unknown(word);
      }
      ignored.insert(lower(word));
    }
  }
  return ignored;
}

std::vector<std::string> kubeadm_names(const std::set<std::string>& ignored) {
  std::set<std::string> names;
  for (const auto& word : ignored) {
    const Row* const row = find_row(word);
    if (row == nullptr || row->kubeadm.empty()) {
      continue;
    }
    names.insert(row->kubeadm.ends_with('-') ? word : std::string(row->kubeadm));
  }
  return {names.begin(), names.end()};
}

}  // namespace kubeferry::preflight
