// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/catalog/cni_manifest.hpp>

#include <algorithm>

#include "manifest_text.hpp"
#include "pod_cidr.hpp"

namespace kubeferry::catalog {

Result<std::vector<std::string>> manifest_images(std::string_view text, std::string_view what) {
  KF_TRY_ASSIGN(const auto documents, parse_manifest(text, what));
  std::vector<std::string> images;
  for (const YamlNode& document : documents) {
    KF_TRY(for_each_container(document, [&](const YamlNode& container) -> Status {
      KF_TRY_ASSIGN(const YamlNode* image, scalar_of(container, "image", what));
      if (image != nullptr && std::ranges::find(images, image->text) == images.end()) {
        images.push_back(image->text);
      }
      return {};
    }));
  }
  return images;
}

Result<RewrittenManifest> rewrite_manifest(std::string_view text, const ManifestRewrite& rewrite,
                                           std::string_view what) {
  KF_TRY_ASSIGN(const auto documents, parse_manifest(text, what));
  std::vector<Edit> edits;
  for (const YamlNode& document : documents) {
    KF_TRY(for_each_container(document, [&](const YamlNode& container) -> Status {
      KF_TRY_ASSIGN(const YamlNode* image, scalar_of(container, "image", what));
      const auto target = image == nullptr ? rewrite.images.end() : rewrite.images.find(image->text);
      if (target != rewrite.images.end()) {
        KF_TRY_ASSIGN(edits.emplace_back(), replace(text, *image, "image", target->second, what));
      }
      KF_TRY_ASSIGN(const YamlNode* policy, scalar_of(container, "imagePullPolicy", what));
      if (policy != nullptr && policy->text == "Always") {
        KF_TRY_ASSIGN(edits.emplace_back(), replace(text, *policy, "imagePullPolicy", "IfNotPresent", what));
      }
      return {};
    }));
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
