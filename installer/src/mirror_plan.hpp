// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <kubeferry/installer/mirror.hpp>

#include "image_tree.hpp"

namespace kubeferry::installer {

struct PlannedImage {
  std::string source;
  Kind kind = Kind::image;
  ImageTree tree;
  std::vector<Mapping> names;  ///< at least one
};

struct PlannedBlob {
  oci::Descriptor blob;
  std::vector<std::string> repositories;  ///< that need it; each once
};

struct MirrorPlan {
  std::vector<PlannedImage> images;
  std::vector<PlannedBlob> blobs;  ///< largest first, so that the last to end are small
  std::vector<std::string> skipped;
  std::uint64_t bytes = 0;  ///< of all blobs, each once
};

/// What is to be done, from the bundles alone. usage error when names collide or no image has a wanted platform.
Result<MirrorPlan> make_mirror_plan(const BundleSet& bundles, const MirrorOptions& options);

}  // namespace kubeferry::installer
