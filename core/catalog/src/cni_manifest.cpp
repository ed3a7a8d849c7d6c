// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/catalog/cni_manifest.hpp>

#include <algorithm>

#include "image_places.hpp"
#include "manifest_text.hpp"
#include "pod_cidr.hpp"

namespace kubeferry::catalog {

Result<std::vector<FoundImage>> found_images(std::string_view text, std::string_view what) {
  KF_TRY_ASSIGN(const auto documents, parse_manifest(text, what));
  KF_TRY_ASSIGN(const ImagePlaces places, image_places(documents, what));
  std::vector<FoundImage> images;
  for (const ImagePlace& place : places.images) {
    images.push_back({std::string(place.reference), place.in, place.field, place.node->line});
  }
  return images;
}

Result<std::vector<std::string>> manifest_images(std::string_view text, std::string_view what) {
  KF_TRY_ASSIGN(const auto found, found_images(text, what));
  std::vector<std::string> images;
  for (const FoundImage& image : found) {
    if (image.in == ImageIn::container && std::ranges::find(images, image.reference) == images.end()) {
      images.push_back(image.reference);
    }
  }
  return images;
}

Result<RewrittenManifest> rewrite_manifest(std::string_view text, const ManifestRewrite& rewrite,
                                           std::string_view what) {
  KF_TRY_ASSIGN(const auto documents, parse_manifest(text, what));
  KF_TRY_ASSIGN(const ImagePlaces found, image_places(documents, what));
  std::vector<Edit> edits;
  for (const ImagePlace& place : found.images) {
    const auto target = rewrite.images.find(std::string(place.reference));
    if (place.in != ImageIn::doubtful && target != rewrite.images.end()) {
      KF_TRY_ASSIGN(edits.emplace_back(),
                    replace_part(text, *place.node, place.reference, place.field, target->second, what));
    }
  }
  for (const YamlNode* policy : found.pull_policies) {
    KF_TRY_ASSIGN(edits.emplace_back(), replace(text, *policy, "imagePullPolicy", "IfNotPresent", what));
  }
  KF_TRY_ASSIGN(auto places, pod_cidr_edits(text, documents, rewrite.pod_cidr_location, rewrite.pod_cidr, what));
  const bool network = !places.empty();
  std::ranges::move(places, std::back_inserter(edits));
  RewrittenManifest rewritten = apply(text, std::move(edits));
  if (network) {
    // A network that is not what was asked for shows only when Pods cannot reach each other: read it back.
    KF_TRY_ASSIGN(auto says, manifest_pod_cidrs(rewritten.text, rewrite.pod_cidr_location, what));
    std::vector<std::string> wanted = rewrite.pod_cidr;
    std::ranges::sort(says);
    std::ranges::sort(wanted);
    if (!std::ranges::includes(says, wanted)) {
      return fail(ExitCode::format, "{}: says {} after {} was written into it", what, fmt::join(says, ","),
                  fmt::join(wanted, ","));
    }
  }
  return rewritten;
}

Result<std::vector<std::string>> manifest_pod_cidrs(std::string_view text, const PodCidrLocation& location,
                                                    std::string_view what) {
  using Kind = PodCidrLocation::Kind;
  if (location.kind == Kind::unknown || location.kind == Kind::node) {
    return std::vector<std::string>();
  }
  KF_TRY_ASSIGN(const auto documents, parse_manifest(text, what));
  return pod_cidrs_at(documents, location, what);
}

}  // namespace kubeferry::catalog
