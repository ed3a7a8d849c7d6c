// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/text.hpp>
#include <kubeferry/host/cidr.hpp>
#include <kubeferry/host/host.hpp>

// What a host is like, read once. Plain values: the checks ask nothing else, so a test can make any host up.
namespace kubeferry::preflight {

/// Where a kernel module is.
enum class Module {
  built_in,  ///< part of the kernel itself: there is nothing to load
  loaded,
  on_disk,  ///< modprobe finds it
  missing,
};

struct Kernel {
  std::string release;                         ///< "6.1.0-28-amd64"
  std::string machine;                         ///< uname -m: "x86_64"
  std::string platform;                        ///< "linux/amd64"; empty: none that kubeferry carries
  bool has_configuration = false;              ///< one of the files where kubeadm looks is there
  std::map<std::string, char> configuration;   ///< "CONFIG_NET_NS" → 'y' or 'm'; empty when it could not be read
  std::map<std::string, Module> modules;       ///< of k_modules and k_network_modules
  std::map<std::string, std::string> sysctls;  ///< of k_sysctls: "net.ipv4.ip_forward" → "1"; absent: no such key
  bool sysctls_writable = false;               ///< /proc/sys takes values from us
};
inline constexpr std::string_view k_modules[] = {"overlay", "br_netfilter", "nf_conntrack"};
/// What pod networks of the catalog need besides (manifests/cni).
inline constexpr std::string_view k_network_modules[] = {"geneve", "ip_set", "ipip", "openvswitch", "vxlan", "xt_set"};
inline constexpr std::string_view k_sysctls[] = {"net.ipv4.ip_forward", "net.ipv6.conf.default.forwarding",
                                                 "fs.inotify.max_user_instances", "fs.inotify.max_user_watches"};

struct Cgroups {
  int version = 0;                    ///< 1, 2; 0: none mounted
  std::set<std::string> controllers;  ///< enabled ones; for version 2 with "devices" and "freezer"
};

/// One address of an interface. The interface of an IPv4 address is that of the route it is on.
struct InterfaceAddress {
  std::string interface;  ///< empty: not known
  host::Address address;
};
struct Route {
  host::Cidr destination;
  std::string interface;
  std::optional<host::Address> gateway;
  [[nodiscard]] bool is_default() const { return destination.length() == 0; }
};
/// A TCP socket that listens.
struct Listener {
  host::Address address;  ///< unspecified: all
  std::uint16_t port = 0;
  std::string program;  ///< "haproxy (pid 812)"; empty: not known
};
struct Network {
  std::vector<InterfaceAddress> addresses;  ///< without loopback and link-local ones
  std::vector<Route> routes;                ///< unicast ones, without those of loopback
  std::vector<Listener> listeners;
};

struct Resolver {
  bool exists = false;  ///< /etc/resolv.conf is there
  std::vector<host::Address> nameservers;
  /// Those that systemd-resolved asks itself, from k_resolved_file; nothing when it has no such file.
  std::optional<std::vector<host::Address>> upstream;
};
inline constexpr std::string_view k_resolved_file = "/run/systemd/resolve/resolv.conf";

/// A place that will be written to, and the file system it is or will be on.
struct Place {
  std::string mount_point;
  std::string device;  ///< major:minor: places with the same one share their space
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;              ///< for root's programs too: reserved blocks are not counted
  std::optional<std::uint64_t> free_inodes;  ///< nothing: the file system makes them as needed
  bool read_only = false;
  bool no_exec = false;
};
inline constexpr std::string_view k_places[] = {
    "/usr/local",          "/usr/local/bin",   "/opt",         "/opt/cni/bin", "/etc", "/var/lib/kubeferry",
    "/var/lib/containerd", "/var/lib/kubelet", "/var/lib/etcd"};

struct Identity {
  std::string hostname;
  std::vector<host::Address> in_hosts_file;  ///< what /etc/hosts says for it
  bool resolves = false;                     ///< by /etc/hosts or getent(1)
  std::optional<std::string> machine_id;     ///< trimmed; nothing: no file
  std::optional<std::string> product_uuid;   ///< nothing: the machine has none, or it cannot be read
  std::string os_id;                         ///< os-release: "debian"
  std::string os_like;                       ///< os-release: "rhel fedora"
  std::string os_version;                    ///< os-release's VERSION_ID: "12"; empty: it has none
};

struct Security {
  bool selinux = false;
  bool selinux_enforcing = false;
  bool container_policy = false;  ///< container-selinux is installed
  bool apparmor = false;
  bool fapolicyd = false;  ///< active; so the others below
  bool firewalld = false;
  bool ufw = false;
};

struct Software {
  std::map<std::string, std::string> programs;  ///< of k_programs: name → path
  bool systemd = false;                         ///< is process 1
  std::set<std::string> active_units;           ///< of k_units: "containerd.service"
  std::string containerd;                       ///< version without "v": "1.7.28"; empty: not installed, or it would
  std::string kubelet;                          ///< not say; so the others: "v1.34.2"
  std::string kubeadm;
  std::set<std::string> cri_sockets;    ///< of those that are known to be used for CRI
  std::set<std::string> cluster_files;  ///< of k_cluster_files: those that are there
  bool etcd_data = false;               ///< /var/lib/etcd is not empty
  std::set<std::string> distributions;  ///< "k3s", "RKE2", …: another Kubernetes is installed
};

inline constexpr std::string_view k_programs[] = {"ip",         "iptables", "mount",     "nsenter", "conntrack",
                                                  "crictl",     "ethtool",  "socat",     "tc",      "ebtables",
                                                  "touch",      "modprobe", "systemctl", "runc",    "apparmor_parser",
                                                  "containerd", "kubelet",  "kubeadm",   "crio",    "dockerd"};
inline constexpr std::string_view k_units[] = {"containerd.service", "crio.service",      "docker.service",
                                               "firewalld.service",  "fapolicyd.service", "systemd-resolved.service"};
inline constexpr std::string_view k_cluster_files[] = {"/etc/kubernetes/manifests/kube-apiserver.yaml",
                                                       "/etc/kubernetes/manifests/kube-controller-manager.yaml",
                                                       "/etc/kubernetes/manifests/kube-scheduler.yaml",
                                                       "/etc/kubernetes/manifests/etcd.yaml",
                                                       "/etc/kubernetes/admin.conf",
                                                       "/etc/kubernetes/kubelet.conf",
                                                       "/etc/kubernetes/bootstrap-kubelet.conf",
                                                       "/etc/kubernetes/pki/ca.crt"};

struct Facts {
  TimePoint now;
  std::optional<bool> clock_synchronised;  ///< as the kernel has it; nothing: it would not say
  bool root = false;
  std::uint64_t processors = 0;
  std::uint64_t memory = 0;        ///< bytes
  std::vector<std::string> swaps;  ///< "/dev/sda2", "/dev/zram0"
  Kernel kernel;
  Cgroups cgroups;
  Network network;
  Resolver resolver;
  std::map<std::string, Place> places;  ///< of k_places
  Identity identity;
  Security security;
  Software software;
};

/// Reads all of it: files below the host's root, a few programs by its runner (none of which changes anything), and
/// for free space, processors, clock and user the system calls. What cannot be read is left as it is above.
[[nodiscard]] Facts read_facts(const host::Host& host);

}  // namespace kubeferry::preflight
