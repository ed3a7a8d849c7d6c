// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/catalog/version.hpp>
#include <kubeferry/kubeadm/documents.hpp>

#include "yaml_node.hpp"

namespace kubeferry::kubeadm {

inline constexpr std::string_view k_kubeadm_group = "kubeadm.k8s.io";
inline constexpr std::string_view k_kubelet_api = "kubelet.config.k8s.io/v1beta1";
inline constexpr std::string_view k_kube_proxy_api = "kubeproxy.config.k8s.io/v1alpha1";

/// Documents being completed: the user's, then ours.
struct DocumentSet {
  std::string file;  ///< name for messages; empty without one
  ApiVersion api = ApiVersion::v1beta2;
  std::vector<YamlNode> documents;

  /// The document of that kind; null pointer when there is none.
  [[nodiscard]] YamlNode* find(std::string_view kind);
  /// The document of that kind, made with `api_version` when there is none. Invalidates others.
  YamlNode& get(std::string_view kind, std::string_view api_version);
  [[nodiscard]] std::string kubeadm_api() const;  ///< "kubeadm.k8s.io/v1beta3"
};

/// The user's documents, or none. usage errors: parse_yaml()'s, a document without apiVersion and kind, a kind twice,
/// versions of kubeadm's configuration that differ or that this kubeadm does not read.
Result<DocumentSet> read_documents(const std::optional<ConfigFile>& file, const catalog::KubernetesVersion& kubeadm);

}  // namespace kubeferry::kubeadm
