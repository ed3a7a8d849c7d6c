// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/kubeadm/api_version.hpp>

#include <array>
#include <cstdint>
#include <limits>

namespace kubeferry::kubeadm {
namespace {

struct Known {
  ApiVersion version;
  std::string_view name;
  std::uint32_t first_minor;
  std::uint32_t last_minor;
};

constexpr std::array k_known = {
    Known{ApiVersion::v1beta4, "v1beta4", 31, std::numeric_limits<std::uint32_t>::max()},
    Known{ApiVersion::v1beta3, "v1beta3", 22, 36},
    Known{ApiVersion::v1beta2, "v1beta2", 15, 26},
};

}  // namespace

std::string_view to_string(ApiVersion version) noexcept {
  for (const Known& known : k_known) {
    if (known.version == version) {
      return known.name;
    }
  }
  return "";
}

std::optional<ApiVersion> parse_api_version(std::string_view text) noexcept {
  for (const Known& known : k_known) {
    if (known.name == text) {
      return known.version;
    }
  }
  return std::nullopt;
}

std::vector<ApiVersion> readable_versions(const catalog::KubernetesVersion& kubeadm) {
  std::vector<ApiVersion> readable;
  for (const Known& known : k_known) {
    if (known.first_minor <= kubeadm.minor && kubeadm.minor <= known.last_minor) {
      readable.push_back(known.version);
    }
  }
  return readable;
}

}  // namespace kubeferry::kubeadm
