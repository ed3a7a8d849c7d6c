// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <kubeferry/kubeadm/cluster.hpp>

#include "user_file.hpp"

namespace kubeferry::kubeadm {

/// A command line that uses the administrator's kubeconfig.
[[nodiscard]] std::vector<std::string> administer(const Program& program, std::vector<std::string> arguments);

/// InitConfiguration and ClusterConfiguration for commands that only want to say a token or key by file: everything
/// that kubeadm would otherwise find out about the host or on the Internet is given, and none of it is used.
[[nodiscard]] DocumentSet administration_documents(const catalog::KubernetesVersion& kubeadm);

}  // namespace kubeferry::kubeadm
