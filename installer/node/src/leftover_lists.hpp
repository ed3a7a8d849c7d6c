// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

// What a kubeadm cluster makes on a node, by name. Sources: kubeadm's reset phases, the kubelet's and kube-proxy's
// defaults, the reference CNI plugins, flannel.
namespace kubeferry::node {

/// Directories that belong to the cluster as a whole. Removed unless they were there before.
inline constexpr std::array<std::string_view, 15> k_paths = {
    "/etc/kubernetes/manifests", "/etc/kubernetes/pki", "/etc/kubernetes/tmp",    "/etc/kubernetes",
    "/var/lib/kubelet",          "/var/lib/etcd",       "/var/lib/cni",           "/run/flannel",
    "/var/run/kubernetes",       "/var/log/pods",       "/var/log/containers",    "/run/calico",
    "/var/lib/calico",           "/run/kubeferry",      "/usr/libexec/kubernetes"};

/// Directories that others share: what was in them before stays.
inline constexpr std::array<std::string_view, 2> k_folders = {"/etc/cni/net.d", "/opt/cni/bin"};

/// Removed when they are empty and were not there before.
inline constexpr std::array<std::string_view, 6> k_parents = {"/etc/cni/net.d", "/etc/cni",     "/opt/cni/bin",
                                                              "/opt/cni",       "/usr/libexec", "/run/netns"};

/// Below these, the kubelet and the runtime mount things for Pods.
inline constexpr std::array<std::string_view, 4> k_mount_parents = {
    "/var/lib/kubelet", "/run/containerd/io.containerd.runtime.v2.task/k8s.io",
    "/run/containerd/io.containerd.grpc.v1.cri/sandboxes", "/run/containerd/io.containerd.grpc.v1.cri/containers"};

inline constexpr std::string_view k_namespaces = "/run/netns";
inline constexpr std::string_view k_groups = "/sys/fs/cgroup";

inline constexpr std::array<std::string_view, 8> k_interfaces = {
    "cni0", "flannel.1", "flannel-v6.1", "kube-ipvs0", "vxlan.calico", "weave", "antrea-gw0", "cilium_host"};

/// Set by the kubelet (its --protect-kernel-defaults list), kube-proxy and CNI plugins.
inline constexpr std::array<std::string_view, 14> k_sysctls = {"vm/overcommit_memory",
                                                               "vm/panic_on_oom",
                                                               "kernel/panic",
                                                               "kernel/panic_on_oops",
                                                               "kernel/keys/root_maxkeys",
                                                               "kernel/keys/root_maxbytes",
                                                               "net/netfilter/nf_conntrack_max",
                                                               "net/netfilter/nf_conntrack_tcp_timeout_established",
                                                               "net/netfilter/nf_conntrack_tcp_timeout_close_wait",
                                                               "net/ipv4/conf/all/route_localnet",
                                                               "net/ipv4/ip_forward",
                                                               "net/ipv6/conf/all/forwarding",
                                                               "net/ipv4/vs/conntrack",
                                                               "net/ipv4/vs/expire_nodest_conn"};

}  // namespace kubeferry::node
