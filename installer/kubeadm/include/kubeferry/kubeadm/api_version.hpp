// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <kubeferry/catalog/version.hpp>

namespace kubeferry::kubeadm {

/// A version of kubeadm's configuration, oldest first.
enum class ApiVersion { v1beta2, v1beta3, v1beta4 };

[[nodiscard]] std::string_view to_string(ApiVersion version) noexcept;  ///< "v1beta3"
[[nodiscard]] std::optional<ApiVersion> parse_api_version(std::string_view text) noexcept;

/// Which ones that kubeadm reads, newest first: v1beta2 up to 1.26, v1beta3 from 1.22 to 1.36, v1beta4 from 1.31.
[[nodiscard]] std::vector<ApiVersion> readable_versions(const catalog::KubernetesVersion& kubeadm);

}  // namespace kubeferry::kubeadm
