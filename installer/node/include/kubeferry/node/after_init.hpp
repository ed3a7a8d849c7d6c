// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <kubeferry/host/host.hpp>
#include <kubeferry/node/kubectl.hpp>
#include <kubeferry/steps/run.hpp>
#include <kubeferry/steps/step.hpp>

// What a cluster needs when kubeadm is done with it.
namespace kubeferry::node {

inline constexpr std::string_view k_admin_conf = "/etc/kubernetes/admin.conf";

/// Applies the pod network's manifest with the administrator's kubeconfig. Satisfied when the cluster has all of it as
/// it is (`kubectl diff`). `name` as in "flannel".
[[nodiscard]] std::unique_ptr<const steps::Step> pod_network(std::string kubectl, std::string name,
                                                             std::string manifest);

/// Lets Pods run on the control-plane node `node`.
[[nodiscard]] std::unique_ptr<const steps::Step> untaint(std::string kubectl, std::string node);

/// Who called, and where that user's kubeconfig is.
struct Caller {
  std::string home;  ///< "/root", "/home/anna"
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
/// By SUDO_UID in `environment` and the host's passwd; root otherwise.
[[nodiscard]] Caller caller(const host::Host& host,
                            const std::function<std::optional<std::string>(const char*)>& environment);

/// A copy of admin.conf as ~/.kube/config (0600, the caller's own), unless there is one already: that one is not
/// touched.
[[nodiscard]] std::unique_ptr<const steps::Step> kubeconfig(Caller caller);

/// Undo of the steps above: a kubeconfig goes; the others went with the cluster.
void add_after_init_undoers(steps::Undoers& undoers);

/// How long to wait, and whom to tell what for.
struct Patience {
  std::chrono::seconds whole{300};
  std::chrono::milliseconds pause{1000};
  std::stop_token stop;
  std::function<void(std::string_view)> say;
};
/// Until `node` is Ready. io error that says what was missing at the end, with the hint where to look; interrupted.
Status wait_for_node(const Kubectl& kubectl, const std::string& node, const Patience& patience);
/// Until every Pod of kube-system that is on `node`, or on none yet, is Ready or finished, but for static ones: some of
/// those are called ready only minutes later. What is wrong on other nodes is not waited for. The same errors.
Status wait_for_pods(const Kubectl& kubectl, const std::string& node, const Patience& patience);

}  // namespace kubeferry::node
