// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/host/host.hpp>

// What kubeadm, the kubelet, kube-proxy and the CNI leave on a node, removed by name when a node is reset.
namespace kubeferry::node {

/// The mount points at or below `directory` in the text of /proc/self/mounts, innermost first. Octal escapes
/// (proc(5)) are undone.
[[nodiscard]] std::vector<std::string> mounts_below(std::string_view mounts, std::string_view directory);

/// The options of the control groups' v2 file system, mounted at `point`, in the text of /proc/self/mounts; none where
/// something else is mounted there. Source: the kernel's Documentation/admin-guide/cgroup-v2.rst, "Mounting".
[[nodiscard]] std::vector<std::string> group_options_in(std::string_view mounts, std::string_view point);

/// Network interfaces that a CNI or kube-proxy makes: cni0, flannel.1, flannel-v6.1, kube-ipvs0, cali…, vxlan.calico,
/// tunl0 is the kernel's and stays.
[[nodiscard]] bool is_cluster_interface(std::string_view name);

/// What of that exists now, written down before kubeadm runs: it is the site's and stays.
Json note_leftovers(const host::Host& host);

/// Unmounts what is below the kubelet's and the runtime's Pod directories, and removes interfaces, network namespaces
/// of Pods, packet filter rules and tables, slices and control groups of Pods, and the directories that kubeadm and the
/// kubelet made (`/etc/kubernetes`, `/var/lib/kubelet`, `/var/lib/etcd`, `/var/lib/cni`,
/// `/etc/cni/net.d/10-flannel.conflist`, `/run/flannel`): all but what `before` (from note_leftovers()) says was there
/// already. Sysctls and the options of the control groups' file system become what they were. What cannot be removed is
/// said by `warning`; the first error is returned when all was tried.
Status remove_leftovers(const host::Host& host, const Json& before,
                        const std::function<void(std::string_view)>& warning);

}  // namespace kubeferry::node
