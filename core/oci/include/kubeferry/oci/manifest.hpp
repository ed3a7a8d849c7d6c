// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/oci/descriptor.hpp>

namespace kubeferry::oci {

inline constexpr std::uint64_t k_max_manifest_bytes = std::uint64_t{4} * 1024 * 1024;
inline constexpr std::uint64_t k_max_config_bytes = std::uint64_t{4} * 1024 * 1024;
inline constexpr std::size_t k_max_descriptors = 10'000;
/// How deep indexes may nest: an index of indexes is the most that is seen in the wild.
inline constexpr unsigned k_max_index_depth = 3;

/// A manifest or index as its digest covers it.
struct ManifestBytes {
  std::string media_type;
  crypto::Digest digest;  ///< of `bytes`
  Bytes bytes;
};

/// An OCI image index or Docker manifest list. Refers to nothing: the caller keeps the raw bytes, which are what a
/// digest covers and what is passed on.
struct Index {
  std::string media_type;
  std::vector<Descriptor> manifests;
  std::string artifact_type;
  std::optional<Descriptor> subject;
  Annotations annotations;
};

/// The manifest of one image (or artifact), OCI or Docker schema 2.
struct Manifest {
  std::string media_type;
  Descriptor config;
  std::vector<Descriptor> layers;
  std::string artifact_type;
  std::optional<Descriptor> subject;
  Annotations annotations;
};

using Document = std::variant<Index, Manifest>;

/// Reads a manifest of any kind. `media_type` is what the registry or the descriptor said it is, empty when nobody did.
///
/// format error naming `what` and the place: not I-JSON (floats are let pass); not what `media_type` says; members of
/// two kinds at once, or a known member in other case, so that two readers could disagree; Docker schema 1; a layer
/// that is foreign, has urls, or is encrypted. limit error past the caps above.
Result<Document> parse_document(ByteView raw, std::string_view media_type, std::string_view what);

/// parse_document() for one kind; format error when it is the other.
Result<Index> parse_index(ByteView raw, std::string_view media_type, std::string_view what);
Result<Manifest> parse_manifest(ByteView raw, std::string_view media_type, std::string_view what);

/// The members of an image configuration that kubeferry looks at.
struct ImageConfig {
  Platform platform;
  std::vector<crypto::Digest> diff_ids;  ///< of the uncompressed layers, in order
};

/// format error naming `what`; limit error past k_max_config_bytes or k_max_descriptors.
Result<ImageConfig> parse_image_config(ByteView raw, std::string_view what);

/// Whether a manifest is one a container runtime can run: image configuration, layers of known types. format error
/// naming the first media type that is not. Artifacts and attestations fail this, and are fine all the same.
Status check_runnable(const Manifest& manifest, std::string_view what);

/// integrity error when the configuration contradicts the manifest: another number of diff_ids than layers.
Status check_layer_count(const Manifest& manifest, const ImageConfig& config, std::string_view what);

/// Whether the configuration says another platform than the index (`listed`) does. Upstream images get this wrong, so
/// it is for the caller to report or refuse; selection always goes by the index.
[[nodiscard]] bool contradicts(const ImageConfig& config, const Platform& listed);

}  // namespace kubeferry::oci
