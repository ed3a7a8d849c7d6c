// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/host/host.hpp>
#include <kubeferry/installer/client_configuration.hpp>
#include <kubeferry/steps/step.hpp>

// Unit files, crictl's configuration, kernel modules and sysctls of a node. Texts are pure; plans are steps.
namespace kubeferry::runtime {

using installer::ConfigurationFile;

inline constexpr std::string_view k_kubelet_unit = "/etc/systemd/system/kubelet.service";
inline constexpr std::string_view k_kubelet_drop_in = "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf";
inline constexpr std::string_view k_containerd_unit = "/etc/systemd/system/containerd.service";
inline constexpr std::string_view k_crictl_configuration = "/etc/crictl.yaml";

/// kubelet.service as Kubernetes' own packages have it, starting `kubelet` (a path).
[[nodiscard]] std::string kubelet_unit(std::string_view kubelet);
/// Its drop-in for kubeadm. `extra_arguments` is where the host's owner may set KUBELET_EXTRA_ARGS:
/// "/etc/default/kubelet" or "/etc/sysconfig/kubelet".
[[nodiscard]] std::string kubelet_drop_in(std::string_view kubelet, std::string_view extra_arguments);
/// containerd.service as upstream's, starting `containerd` (a path).
[[nodiscard]] std::string containerd_unit(std::string_view containerd);
/// crictl's answer to where the runtime is. `endpoint` "unix:///…".
[[nodiscard]] std::string crictl_configuration(std::string_view endpoint);

/// The unit files for kubelet that `host` lacks: none when the units there start `kubelet` with kubeadm's files,
/// whoever brought them; those of ours otherwise.
[[nodiscard]] std::vector<ConfigurationFile> kubelet_files(const host::Host& host, std::string_view kubelet);

struct KernelWants {
  bool ipv4_forwarding = true;
  bool ipv6_forwarding = false;                ///< with a Pod network of IPv6
  std::vector<std::string> modules;            ///< of the pod network, besides overlay and br_netfilter
  std::map<std::string, std::string> sysctls;  ///< of the pod network: "net.ipv4.conf.all.rp_filter" → "0"
};
/// /etc/modules-load.d/kubeferry.conf and /etc/sysctl.d/90-kubeferry.conf, which count from the next boot on.
[[nodiscard]] std::vector<ConfigurationFile> kernel_files(const KernelWants& wants);
/// The same for now and for later: files, modules (overlay, br_netfilter, those of the pod network), then sysctls.
[[nodiscard]] steps::Plan kernel_steps(const KernelWants& wants);

/// A step for each file, with `mode`.
[[nodiscard]] steps::Plan file_steps(std::span<const ConfigurationFile> files, std::uint32_t mode = 0644);

}  // namespace kubeferry::runtime
