// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <kubeferry/base/result.hpp>
#include <kubeferry/host/host.hpp>
#include <kubeferry/kubeadm/program.hpp>

namespace kubeferry::cli {

/// By what a control-plane node's administrator reaches the cluster.
struct ClusterAccess {
  std::string kubectl;  ///< path
  kubeadm::Program kubeadm;
};

/// For `command` ("token list"). unsupported_host error, saying where to run it, unless this is a control-plane node
/// and root asks; also when kubectl or kubeadm is missing. Errors of kubeadm::find_program().
Result<ClusterAccess> cluster_access(const host::Host& host, std::string_view command);

}  // namespace kubeferry::cli
