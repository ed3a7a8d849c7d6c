// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/host/host.hpp>
#include <kubeferry/node/cluster_state.hpp>

namespace kubeferry::node {

/// For every kubectl that is run here. Not root's home: what it writes there would outlive the node.
inline constexpr std::string_view k_kubectl_cache = "--cache-dir=/run/kubeferry/kubectl";

/// The cluster by way of a real kubectl and a kubeconfig file on the host.
class Kubectl {
public:
  Kubectl(const host::Host& host, std::string program, std::string kubeconfig)
      : host_(host), program_(std::move(program)), kubeconfig_(std::move(kubeconfig)) {}

  /// The same for what is asked once, not in a loop: an API server that does not answer in time, or is being started
  /// anew, is asked up to `tries` times, `pause` apart, for some five minutes at most, before that is an error.
  [[nodiscard]] Kubectl persistent(unsigned tries = 6,
                                   std::chrono::milliseconds pause = std::chrono::seconds(10)) const {
    Kubectl out = *this;
    out.tries_ = tries;
    out.pause_ = pause;
    return out;
  }

  /// What kubectl prints. io error with its last line.
  Result<std::string> get(std::vector<std::string> arguments) const;
  /// `kubectl apply -f -`.
  Status apply(std::string_view manifest) const;
  /// Applies CustomResourceDefinitions and waits until the API server serves their kinds. By the server: an annotation,
  /// in which kubectl would keep them otherwise, has no room for the large ones.
  Status define(std::string_view definitions) const;
  /// Whether the cluster has all of `manifest` as it is (`kubectl diff`, which needs diff(1)); false, too, when it
  /// cannot be asked.
  Result<bool> has(std::string_view manifest) const;
  /// All nodes, or the one of that name.
  Result<std::vector<NodeState>> nodes(const std::string& only = {}) const;
  Result<std::vector<PodState>> pods(std::string_view name_space) const;
  /// The cluster's ClusterConfiguration, as kubeadm keeps it (kube-system/kubeadm-config).
  Result<std::string> cluster_configuration() const;

  [[nodiscard]] const std::string& program() const noexcept { return program_; }

private:
  [[nodiscard]] Command command(std::vector<std::string> arguments) const;
  [[nodiscard]] Result<std::string> ask(const Command& question) const;

  const host::Host& host_;
  std::string program_;
  std::string kubeconfig_;
  unsigned tries_ = 1;
  std::chrono::milliseconds pause_{};
};

/// Asks `pending` every `pause`, or less often where the answer takes long, until it says nothing more to wait for (an
/// empty text), or until `patience` is over: then an io error with what it said last. Errors of asking count as
/// something to wait for: an API server may restart. interrupted when `stop` is requested.
Status wait_until(const std::function<Result<std::string>()>& pending, std::chrono::seconds patience,
                  std::chrono::milliseconds pause, const std::stop_token& stop,
                  const std::function<void(std::string_view)>& say);

}  // namespace kubeferry::node
