// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/oci/manifest.hpp>

#include <kubeferry/base/json.hpp>
#include <kubeferry/oci/media_type.hpp>

#include "json_members.hpp"

namespace kubeferry::oci {
namespace {

constexpr std::uint32_t k_document_depth = 32;

enum class Kind { index, manifest };

Status check_schema1(const JsonView& json, std::string_view media_type) {
  const auto version = present(json, "schemaVersion");
  const std::int64_t* const number = version ? version->value().as_integer() : nullptr;
  if (is_schema1(media_type) || json.optional_member("fsLayers") || (number != nullptr && *number == 1)) {
    return json.wrong("is a Docker schema 1 manifest, which is not carried; push the image again with a current tool");
  }
  if (number == nullptr || *number != 2) {
    return json.wrong("has no schemaVersion 2");
  }
  return {};
}

// The type that the sender, the document, or failing both its members say it is.
Result<std::string> settle_media_type(const JsonView& json, std::string_view said) {
  KF_TRY_ASSIGN(std::string own, optional_string(json, "mediaType"));
  if (!own.empty() && !said.empty() && own != said) {
    return json.wrong(fmt::format("calls itself {}, but was announced as {}", own, said));
  }
  if (own.empty()) {
    own = said;
  }
  if (own.empty()) {
    own = json.optional_member("manifests") ? k_oci_index : k_oci_manifest;
  }
  return own;
}

Result<Kind> settle_kind(const JsonView& json, std::string_view media_type) {
  const bool lists = json.optional_member("manifests").has_value();
  const bool layers = json.optional_member("layers").has_value() || json.optional_member("config").has_value();
  if (lists && layers) {
    return json.wrong("is ambiguous: it has the members of an index and of a manifest");
  }
  if (is_index(media_type)) {
    return layers ? Result<Kind>(json.wrong(fmt::format("is no {}", media_type))) : Kind::index;
  }
  if (is_manifest(media_type)) {
    return lists ? Result<Kind>(json.wrong(fmt::format("is no {}", media_type))) : Kind::manifest;
  }
  return json.wrong(fmt::format("has media type {}, which is neither an index nor a manifest", media_type));
}

Result<std::vector<Descriptor>> parse_descriptors(const JsonView& json, std::string_view key) {
  KF_TRY_ASSIGN(const auto elements, json.elements(key));
  if (elements.size() > k_max_descriptors) {
    return fail(ExitCode::limit, "{}.{}: {} entries; at most {} are read", json.path(), key, elements.size(),
                k_max_descriptors);
  }
  std::vector<Descriptor> descriptors;
  descriptors.reserve(elements.size());
  for (const JsonView& element : elements) {
    KF_TRY_ASSIGN(Descriptor descriptor, Descriptor::parse(element));
    descriptors.push_back(std::move(descriptor));
  }
  return descriptors;
}

// The members that indexes and manifests share.
template <class T>
Status parse_common(const JsonView& json, T& document) {
  KF_TRY_ASSIGN(document.artifact_type, optional_string(json, "artifactType"));
  KF_TRY_ASSIGN(document.annotations, parse_annotations(json));
  if (const auto subject = present(json, "subject")) {
    KF_TRY_ASSIGN(document.subject, Descriptor::parse(*subject));
  }
  return {};
}

Status check_carried(const Descriptor& layer, std::string_view path) {
  if (is_foreign(layer.media_type) || layer.has_urls) {
    return fail(ExitCode::format, "{}: layer {} ({}) is foreign: its content lies elsewhere or may not be passed on",
                path, layer.digest.to_string(), layer.media_type);
  }
  if (is_encrypted(layer.media_type)) {
    return fail(ExitCode::format, "{}: layer {} ({}) is encrypted", path, layer.digest.to_string(), layer.media_type);
  }
  return {};
}

Result<Document> read_index(const JsonView& json, std::string media_type) {
  Index index;
  index.media_type = std::move(media_type);
  KF_TRY_ASSIGN(index.manifests, parse_descriptors(json, "manifests"));
  KF_TRY(parse_common(json, index));
  return Document(std::move(index));
}

Result<Document> read_manifest(const JsonView& json, std::string media_type) {
  Manifest manifest;
  manifest.media_type = std::move(media_type);
  KF_TRY_ASSIGN(const JsonView config, json.member("config"));
  KF_TRY_ASSIGN(manifest.config, Descriptor::parse(config));
  KF_TRY_ASSIGN(manifest.layers, parse_descriptors(json, "layers"));
  for (const Descriptor& layer : manifest.layers) {
    KF_TRY(check_carried(layer, json.path()));
  }
  KF_TRY(parse_common(json, manifest));
  return Document(std::move(manifest));
}

}  // namespace

Result<Document> parse_document(ByteView raw, std::string_view media_type, std::string_view what) {
  const JsonLimits limits{.bytes = k_max_manifest_bytes, .depth = k_document_depth};
  KF_TRY_ASSIGN(const Json root, parse_json(as_text(raw), what, limits, Floats::become_null));
  const JsonView json(root, std::string(what));
  KF_TRY(check_case(json, {"schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject",
                           "annotations", "fsLayers"}));
  KF_TRY(check_schema1(json, media_type));
  KF_TRY_ASSIGN(std::string settled, settle_media_type(json, media_type));
  KF_TRY_ASSIGN(const Kind kind, settle_kind(json, settled));
  return kind == Kind::index ? read_index(json, std::move(settled)) : read_manifest(json, std::move(settled));
}

Result<Index> parse_index(ByteView raw, std::string_view media_type, std::string_view what) {
  KF_TRY_ASSIGN(Document document, parse_document(raw, media_type, what));
  if (auto* const index = std::get_if<Index>(&document)) {
    return std::move(*index);
  }
  return fail(ExitCode::format, "{}: is a manifest where an index was expected", what);
}

Result<Manifest> parse_manifest(ByteView raw, std::string_view media_type, std::string_view what) {
  KF_TRY_ASSIGN(Document document, parse_document(raw, media_type, what));
  if (auto* const manifest = std::get_if<Manifest>(&document)) {
    return std::move(*manifest);
  }
  return fail(ExitCode::format, "{}: is an index where a manifest was expected", what);
}

Status check_runnable(const Manifest& manifest, std::string_view what) {
  if (!is_image_config(manifest.config.media_type)) {
    return fail(ExitCode::format, "{}: its configuration is a {}, so it is no image", what, manifest.config.media_type);
  }
  for (const Descriptor& layer : manifest.layers) {
    if (!is_layer(layer.media_type)) {
      return fail(ExitCode::format, "{}: layer {} is a {}, which no runtime unpacks", what, layer.digest.to_string(),
                  layer.media_type);
    }
  }
  return {};
}

}  // namespace kubeferry::oci
