// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manifest_text.hpp"

namespace kubeferry::catalog {

/// Where a manifest names an image.
struct ImagePlace {
  const YamlNode* node = nullptr;  ///< the scalar that holds it
  std::string_view reference;      ///< inside the scalar's text
  std::string field;  ///< "image", "env ROOK_CSI_CEPH_IMAGE", "--engine-image", "ConfigMap data.x", "spec.image"
  ImageIn in = ImageIn::container;
};

struct ImagePlaces {
  std::vector<ImagePlace> images;              ///< in order of appearance; refers to the documents
  std::vector<const YamlNode*> pull_policies;  ///< scalars that say Always
};

/// All of them, by the rules of docs/catalog.md ("Images in manifests"). Errors as manifest_images.
Result<ImagePlaces> image_places(const std::vector<YamlNode>& documents, std::string_view what);

}  // namespace kubeferry::catalog
