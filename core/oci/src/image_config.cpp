// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/json.hpp>
#include <kubeferry/oci/manifest.hpp>

#include "json_members.hpp"

namespace kubeferry::oci {
namespace {

constexpr std::uint32_t k_config_depth = 32;

Result<std::vector<crypto::Digest>> parse_diff_ids(const JsonView& rootfs) {
  KF_TRY(check_case(rootfs, {"type", "diff_ids"}));
  std::vector<crypto::Digest> digests;
  const auto list = present(rootfs, "diff_ids");  // null in an image without layers
  if (!list) {
    return digests;
  }
  KF_TRY_ASSIGN(const auto elements, list->elements());
  if (elements.size() > k_max_descriptors) {
    return fail(ExitCode::limit, "{}.diff_ids: {} entries; at most {} are read", rootfs.path(), elements.size(),
                k_max_descriptors);
  }
  for (const JsonView& element : elements) {
    KF_TRY_ASSIGN(const std::string text, element.string());
    auto digest = crypto::Digest::parse(text);
    if (!digest) {
      return Failure(std::move(digest).error().prefixed(element.path()));
    }
    digests.push_back(*digest);
  }
  return digests;
}

}  // namespace

Result<ImageConfig> parse_image_config(ByteView raw, std::string_view what) {
  const JsonLimits limits{.bytes = k_max_config_bytes, .depth = k_config_depth};
  KF_TRY_ASSIGN(const Json root, parse_json(as_text(raw), what, limits, Floats::become_null));
  const JsonView json(root, std::string(what));
  KF_TRY(check_case(json, {"rootfs"}));
  ImageConfig config;
  KF_TRY_ASSIGN(config.platform, parse_platform(json));
  KF_TRY_ASSIGN(const JsonView rootfs, json.member("rootfs"));
  KF_TRY_ASSIGN(config.diff_ids, parse_diff_ids(rootfs));
  return config;
}

Status check_layer_count(const Manifest& manifest, const ImageConfig& config, std::string_view what) {
  if (manifest.layers.size() != config.diff_ids.size()) {
    return fail(ExitCode::integrity, "{}: has {} layers, but its configuration lists {}", what, manifest.layers.size(),
                config.diff_ids.size());
  }
  return {};
}

bool contradicts(const ImageConfig& config, const Platform& listed) {
  // Old configurations leave the variant out; that says nothing.
  const bool variant_differs = !config.platform.variant.empty() && !listed.variant.empty() &&
                               normalised(config.platform).variant != normalised(listed).variant;
  return config.platform.os != listed.os || config.platform.architecture != listed.architecture || variant_differs;
}

}  // namespace kubeferry::oci
