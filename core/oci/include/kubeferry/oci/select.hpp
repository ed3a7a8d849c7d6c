// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/oci/platform.hpp>

namespace kubeferry::oci {

/// One wanted platform, and the entry of the index that serves it best.
struct Selection {
  Platform wanted;
  std::optional<Descriptor> manifest;  ///< nothing: the index has none
};

/// Chooses for each wanted platform, in the order wanted, the best match_rank(); the first listed when several are
/// equal. Entries without platform, of unknown/unknown or another system are never chosen; nested indexes neither.
[[nodiscard]] std::vector<Selection> select_platforms(const Index& index, std::span<const Platform> wanted);

/// The attestation entries (BuildKit's `vnd.docker.reference.type: attestation-manifest`) about the chosen manifests.
[[nodiscard]] std::vector<Descriptor> select_attestations(const Index& index, std::span<const Selection> chosen);

}  // namespace kubeferry::oci
