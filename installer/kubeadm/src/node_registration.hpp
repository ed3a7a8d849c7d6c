// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/kubeadm/documents.hpp>

#include "merge.hpp"

namespace kubeferry::kubeadm {

// What InitConfiguration and JoinConfiguration have in common.

/// nodeRegistration.
Status register_node(const Merger& merger, ApiVersion api, const NodeFlags& flags, const Defaults& defaults);
/// {advertiseAddress, bindPort} at `path`.
Status set_endpoint(const Merger& merger, std::string_view path, const NodeFlags& flags, const Defaults& defaults);
/// skipPhases and patches, where the version has them; elsewhere appends command line arguments. usage error when
/// kubeadm takes neither.
Status set_phases(const Merger& merger, ApiVersion api, const catalog::KubernetesVersion& kubeadm,
                  const NodeFlags& flags, std::vector<std::string>& arguments);
/// timeouts of v1beta4.
Status set_timeouts(const Merger& merger, const Timeouts& timeouts);
/// "240s".
[[nodiscard]] std::string go_duration(std::chrono::seconds duration);

/// What `flags` or the document say about the node.
Status read_node_facts(const Merger& merger, const NodeFlags& flags, std::string_view endpoint_path, Facts& facts);

}  // namespace kubeferry::kubeadm
