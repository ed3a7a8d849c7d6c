// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>

// How a cluster is, as the API server's JSON tells it. Pure.
namespace kubeferry::node {

struct NodeState {
  std::string name;
  bool ready = false;
  bool control_plane = false;
  bool schedulable = true;
  std::string version;       ///< kubelet's
  std::string architecture;  ///< GOARCH
  std::string reason;        ///< why it is not Ready, in the kubelet's words; empty when it is
};

struct PodState {
  std::string name;  ///< "kube-system/coredns-…"
  std::string node;
  bool ready = false;
  bool finished = false;   ///< Succeeded: a job's Pod is not to be waited for
  bool is_static = false;  ///< from the kubelet's own manifests: kubeadm has waited for those
  std::string reason;      ///< "ImagePullBackOff: …", "not scheduled: …"; empty when ready
};

/// `kubectl get nodes -o json` (core/v1 NodeList). format error for another document.
Result<std::vector<NodeState>> parse_nodes(std::string_view json);
/// `kubectl get pods -A -o json` (core/v1 PodList).
Result<std::vector<PodState>> parse_pods(std::string_view json);

}  // namespace kubeferry::node
