// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/json_fields.hpp>

namespace kubeferry::bundle {

void set_descriptor(Json& object, const oci::Descriptor& descriptor) {
  object.set("mediaType", descriptor.media_type);
  object.set("digest", descriptor.digest.to_string());
  object.set("size", descriptor.size);
}

Json to_json(const std::vector<std::string>& texts) {
  Json out = Json::array();
  for (const auto& text : texts) {
    out.push(text);
  }
  return out;
}

Result<crypto::Digest> digest_at(const JsonView& view, std::string_view key) {
  KF_TRY_ASSIGN(const std::string text, view.string(key));
  auto digest = crypto::Digest::parse(text);
  if (!digest) {
    return Failure(std::move(digest.error()).prefixed(fmt::format("{}.{}", view.path(), key)));
  }
  if (digest->algorithm() != crypto::HashAlgorithm::sha256) {
    return view.wrong("must name its content by sha256");
  }
  return std::move(*digest);
}

Result<oci::Descriptor> descriptor_at(const JsonView& view) {
  oci::Descriptor descriptor;
  KF_TRY_ASSIGN(descriptor.media_type, view.string("mediaType"));
  KF_TRY_ASSIGN(descriptor.digest, digest_at(view, "digest"));
  KF_TRY_ASSIGN(descriptor.size, view.unsigned_integer("size"));
  return descriptor;
}

Result<std::vector<std::string>> strings_at(const JsonView& view, std::string_view key) {
  KF_TRY_ASSIGN(const auto elements, view.elements(key));
  std::vector<std::string> texts;
  for (const auto& element : elements) {
    KF_TRY_ASSIGN(std::string text, element.string());
    texts.push_back(std::move(text));
  }
  return texts;
}

Result<std::uint32_t> mode_at(const JsonView& view) {
  std::string text;  // made empty first: g++ 12 takes it for uninitialised otherwise
  KF_TRY_ASSIGN(text, view.string("mode"));
  if (text == "0755") {
    return 0755U;
  }
  if (text == "0644") {
    return 0644U;
  }
  return view.wrong("its mode must be 0644 or 0755");
}

}  // namespace kubeferry::bundle
