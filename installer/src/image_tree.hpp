// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include <kubeferry/bundle/manifest.hpp>
#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/oci/platform.hpp>

#include "bundle_set.hpp"

namespace kubeferry::installer {

/// A manifest or index with what of it is to be mirrored.
struct ImageTree {
  oci::ManifestBytes document;         ///< as its author wrote it
  std::vector<ImageTree> children;     ///< of an index: those that are mirrored, in its order
  std::vector<oci::Descriptor> blobs;  ///< of a manifest: configuration and layers, each once
  bool is_index = false;
  bool complete = true;  ///< everything the document names is mirrored

  [[nodiscard]] oci::Descriptor descriptor() const;
};

/// Reads what `row` means, without the platforms that are not `wanted` (empty: all) or not in the bundles. Nothing when
/// nothing is left. format, limit and integrity errors of the documents.
Result<std::optional<ImageTree>> read_image_tree(const BundleSet& bundles, const bundle::ImageRow& row,
                                                 std::span<const oci::Platform> wanted);

/// The index without what is not mirrored: its members as they were, fewer entries. Nested ones are filtered, too.
Result<oci::ManifestBytes> filtered_index(const ImageTree& index);

}  // namespace kubeferry::installer
