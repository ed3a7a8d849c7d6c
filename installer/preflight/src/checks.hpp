// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/preflight/check.hpp>

// The checks, a function for each. Each appends what it finds.
namespace kubeferry::preflight {

using Out = std::vector<Finding>;

void error(Out& out, std::string name, std::string what, std::string why, std::string fix);
void warning(Out& out, std::string name, std::string what, std::string why, std::string fix);
void info(Out& out, std::string name, std::string what, std::string why);

/// The numbers of a version: "v1.34.2-rc.0" → {1, 34, 2}; what is missing is 0. Nothing when it starts with none.
struct Version {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned patch = 0;
  auto operator<=>(const Version&) const = default;
};
[[nodiscard]] std::optional<Version> parse_version(std::string_view text);

/// The command that installs what has a program: from the bundle where that has it for this host, else in the words of
/// the host's distribution.
[[nodiscard]] std::string install_command(const Facts& facts, const Question& question, std::string_view program);

void check_privileged(const Facts& facts, const Question& question, Out& out);
void check_init_system(const Facts& facts, const Question& question, Out& out);
void check_architecture(const Facts& facts, const Question& question, Out& out);
void check_processors(const Facts& facts, const Question& question, Out& out);
void check_memory(const Facts& facts, const Question& question, Out& out);
void check_swap(const Facts& facts, const Question& question, Out& out);
void check_clock(const Facts& facts, const Question& question, Out& out);
void check_clock_synchronised(const Facts& facts, const Question& question, Out& out);
void check_hostname(const Facts& facts, const Question& question, Out& out);
void check_machine_id(const Facts& facts, const Question& question, Out& out);
void check_product_uuid(const Facts& facts, const Question& question, Out& out);

void check_kernel_version(const Facts& facts, const Question& question, Out& out);
void check_kernel_configuration(const Facts& facts, const Question& question, Out& out);
void check_kernel_modules(const Facts& facts, const Question& question, Out& out);
void check_network_modules(const Facts& facts, const Question& question, Out& out);
void check_sysctls(const Facts& facts, const Question& question, Out& out);
void check_forwarding(const Facts& facts, const Question& question, Out& out);
void check_inotify(const Facts& facts, const Question& question, Out& out);
void check_cgroup_version(const Facts& facts, const Question& question, Out& out);
void check_cgroup_controllers(const Facts& facts, const Question& question, Out& out);

void check_disk_space(const Facts& facts, const Question& question, Out& out);
void check_inodes(const Facts& facts, const Question& question, Out& out);
void check_disk_pressure(const Facts& facts, const Question& question, Out& out);
void check_read_only(const Facts& facts, const Question& question, Out& out);
void check_no_exec(const Facts& facts, const Question& question, Out& out);

void check_ports(const Facts& facts, const Question& question, Out& out);
void check_default_route(const Facts& facts, const Question& question, Out& out);
void check_advertise_address(const Facts& facts, const Question& question, Out& out);
void check_service_route(const Facts& facts, const Question& question, Out& out);
void check_overlap(const Facts& facts, const Question& question, Out& out);
void check_nameserver(const Facts& facts, const Question& question, Out& out);

void check_cluster_files(const Facts& facts, const Question& question, Out& out);
void check_etcd_data(const Facts& facts, const Question& question, Out& out);
void check_existing_cluster(const Facts& facts, const Question& question, Out& out);
void check_other_kubernetes(const Facts& facts, const Question& question, Out& out);
void check_kubelet_version(const Facts& facts, const Question& question, Out& out);
void check_kubeadm_version(const Facts& facts, const Question& question, Out& out);
void check_container_runtime(const Facts& facts, const Question& question, Out& out);
void check_docker(const Facts& facts, const Question& question, Out& out);
void check_crio(const Facts& facts, const Question& question, Out& out);
void check_programs(const Facts& facts, const Question& question, Out& out);

void check_selinux(const Facts& facts, const Question& question, Out& out);
void check_apparmor(const Facts& facts, const Question& question, Out& out);
void check_fapolicyd(const Facts& facts, const Question& question, Out& out);
void check_firewalld(const Facts& facts, const Question& question, Out& out);
void check_ufw(const Facts& facts, const Question& question, Out& out);

}  // namespace kubeferry::preflight
