// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/oci/descriptor.hpp>

namespace kubeferry::oci {

/// Names and content of an OCI image layout (image specification, image-layout.md).
inline constexpr std::string_view k_layout_file = "oci-layout";
inline constexpr std::string_view k_layout_text = R"({"imageLayoutVersion":"1.0.0"})";
inline constexpr std::string_view k_index_file = "index.json";
inline constexpr std::string_view k_annotation_ref_name = "org.opencontainers.image.ref.name";
inline constexpr std::string_view k_annotation_containerd_name = "io.containerd.image.name";

/// "blobs/sha256/HEX".
[[nodiscard]] std::string blob_path(const crypto::Digest& digest);

struct LayoutEntry {
  Descriptor descriptor;  ///< of an index or manifest; its own annotations are kept
  std::string name;       ///< full reference, "registry.k8s.io/pause:3.10"; empty for content without a name
};

/// The text of index.json: deterministic (sorted by name, then digest). A name is written under both annotations:
/// containerd loses it without its own, skopeo looks at the other, which is the whole reference here because tags
/// alone are not unique in a layout of many images.
[[nodiscard]] std::string index_json(std::span<const LayoutEntry> entries);

}  // namespace kubeferry::oci
