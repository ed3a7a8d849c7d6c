// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include <kubeferry/bundle/manifest.hpp>

namespace kubeferry::builder {

/// Node files as OCI artifacts, so that any registry can carry them: a manifest for each platform, and an index of
/// these (docs/format.md § Node files).
struct NodeArtifact {
  bundle::ImageRow row;
  std::vector<Bytes> contents;  ///< of the blobs that are made here: empty configuration, manifests, index
};

/// One artifact for the bundle's files, or none when it has no files. `sizes` has every file's size.
[[nodiscard]] std::vector<NodeArtifact> node_artifacts(const bundle::Manifest& manifest,
                                                       const std::map<crypto::Digest, std::uint64_t>& sizes);

}  // namespace kubeferry::builder
