// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/oci/descriptor.hpp>
#include <kubeferry/oci/manifest.hpp>

// A bundle itself as an OCI artifact (docs/format.md §10): its front and the chunks of its payload as blobs, so that
// any registry can carry it, and whoever has a trust key can read it from there without believing the registry.
namespace kubeferry::installer {

/// Where a registry of ours has it; in other registries it stands behind their prefix.
inline constexpr std::string_view k_bundle_repository = "kubeferry/bundle";
/// It behind a registry's prefix: "k8s" → "k8s/kubeferry/bundle".
[[nodiscard]] std::string bundle_repository(std::string_view prefix);
inline constexpr std::string_view k_bundle_artifact_type = "application/vnd.kubeferry.bundle.v1";
inline constexpr std::string_view k_bundle_front_type = "application/vnd.kubeferry.bundle.front.v1";
inline constexpr std::string_view k_bundle_chunk_type = "application/vnd.kubeferry.bundle.chunk.v1";
/// The most chunks that one OCI manifest lists: 1.3 MiB of JSON, as registries take 4 MiB. Bundles of more have an
/// index of several manifests; the limit of 16 MiB for the signed manifest is reached long before that index is large.
inline constexpr std::size_t k_chunks_in_manifest = 8192;

struct BundleArtifact {
  Bytes front;                                ///< the blob of the first layer
  oci::Descriptor front_layer;                ///< of `front`
  std::vector<oci::ManifestBytes> manifests;  ///< in the order to push them; the last is what the tags mean
  std::vector<std::string> tags;              ///< the manifest digest's hex; and NAME-VERSION where that is a tag
};

/// The artifact of `bundle`. The same front gives the same bytes. `chunks_in_manifest` is only there for tests.
Result<BundleArtifact> make_bundle_artifact(const bundle::Bundle& bundle,
                                            std::size_t chunks_in_manifest = k_chunks_in_manifest);

/// The two bytes that are the configuration of every such manifest, "{}", and their descriptor.
inline constexpr std::string_view k_empty_config = "{}";
[[nodiscard]] oci::Descriptor empty_config();

/// The layer with the front, in what the tag means (`document`) or, if that is an index, in its first manifest: then
/// nothing is answered, and `next` is the manifest to ask for. format error naming `what` when it is neither.
struct FrontLocation {
  std::optional<oci::Descriptor> layer;
  std::optional<oci::Descriptor> next;
};
Result<FrontLocation> find_front(const oci::ManifestBytes& document, std::string_view what);

}  // namespace kubeferry::installer
