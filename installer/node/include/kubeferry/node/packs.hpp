// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include <kubeferry/kubeadm/documents.hpp>
#include <kubeferry/kubeadm/program.hpp>
#include <kubeferry/node/kubectl.hpp>
#include <kubeferry/source/join_pack.hpp>

namespace kubeferry::node {

struct PackWants {
  std::string endpoint;  ///< HOST:PORT; empty: what kube-public/cluster-info says
  std::string cri_socket;
  std::chrono::seconds ttl{std::chrono::hours(2)};
  bool certificates = false;  ///< also upload the control plane's, so that another one can join
};

/// A new token (and certificate key) in the cluster, and all else that a joining machine needs. For a control-plane
/// node. Tokens and keys expire after `ttl` (a certificate key after 2 h: that is kubeadm's own). io errors of kubeadm
/// and kubectl; usage error when the cluster knows no node that serves a bundle.
Result<source::JoinPack> new_join_pack(const host::Host& host, const Kubectl& kubectl, const kubeadm::Program& program,
                                       const PackWants& wants);

}  // namespace kubeferry::node
