// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/kubeadm/documents.hpp>

#include "merge.hpp"

namespace kubeferry::kubeadm {

/// What ClusterConfiguration says, with kubeadm's defaults.
Status read_cluster_facts(const Merger& cluster, Facts& facts);
/// What KubeletConfiguration says, with kubelet's defaults.
Status read_kubelet_facts(const Merger& kubelet, Facts& facts);

}  // namespace kubeferry::kubeadm
