// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/oci/descriptor.hpp>

#include <algorithm>

#include <kubeferry/base/json.hpp>

#include "json_members.hpp"

namespace kubeferry::oci {
namespace {

Status check_embedded(const JsonView& json) {
  KF_TRY_ASSIGN(const std::string data, optional_string(json, "data"));
  if (data.size() > k_max_embedded_bytes) {
    return fail(ExitCode::limit, "{}.data: longer than {} bytes", json.path(), k_max_embedded_bytes);
  }
  return {};
}

Result<bool> has_urls(const JsonView& json) {
  const auto urls = present(json, "urls");
  if (!urls) {
    return false;
  }
  KF_TRY_ASSIGN(const auto elements, urls->elements());
  return !elements.empty();
}

Json platform_to_json(const Platform& platform) {
  Json json = Json::object();
  json.set("architecture", platform.architecture).set("os", platform.os);
  if (!platform.os_version.empty()) {
    json.set("os.version", platform.os_version);
  }
  if (!platform.variant.empty()) {
    json.set("variant", platform.variant);
  }
  return json;
}

}  // namespace

Result<Descriptor> Descriptor::parse(const JsonView& json) {
  KF_TRY(check_case(json, {"mediaType", "digest", "size", "urls", "annotations", "data", "artifactType", "platform"}));
  Descriptor descriptor;
  KF_TRY_ASSIGN(descriptor.media_type, json.string("mediaType"));
  KF_TRY_ASSIGN(const std::string digest, json.string("digest"));
  auto parsed = crypto::Digest::parse(digest);
  if (!parsed) {
    return Failure(std::move(parsed).error().prefixed(json.path() + ".digest"));
  }
  descriptor.digest = *parsed;
  KF_TRY_ASSIGN(descriptor.size, json.unsigned_integer("size"));
  if (descriptor.size > k_max_blob_bytes) {
    return fail(ExitCode::limit, "{}.size: {} is more than {} bytes", json.path(), descriptor.size, k_max_blob_bytes);
  }
  if (const auto platform = present(json, "platform")) {
    KF_TRY_ASSIGN(descriptor.platform, parse_platform(*platform));
  }
  KF_TRY_ASSIGN(descriptor.annotations, parse_annotations(json));
  KF_TRY_ASSIGN(descriptor.artifact_type, optional_string(json, "artifactType"));
  KF_TRY_ASSIGN(descriptor.has_urls, oci::has_urls(json));
  KF_TRY(check_embedded(json));
  return descriptor;
}

Json Descriptor::to_json() const {
  Json json = Json::object();
  json.set("mediaType", media_type).set("digest", digest.to_string()).set("size", size);
  if (!annotations.empty()) {
    json.set("annotations", annotations_to_json(annotations));
  }
  if (platform) {
    json.set("platform", platform_to_json(*platform));
  }
  if (!artifact_type.empty()) {
    json.set("artifactType", artifact_type);
  }
  return json;
}

std::string_view Descriptor::annotation(std::string_view key) const noexcept {
  const auto found =
      std::find_if(annotations.begin(), annotations.end(), [&](const auto& one) { return one.first == key; });
  return found == annotations.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace kubeferry::oci
