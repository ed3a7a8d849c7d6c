// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/installer/bundle_artifact.hpp>

#include <algorithm>
#include <span>

#include <kubeferry/base/json.hpp>
#include <kubeferry/oci/media_type.hpp>
#include <kubeferry/oci/reference.hpp>

namespace kubeferry::installer {

namespace {

oci::Descriptor described(ByteView content, std::string_view media_type) {
  oci::Descriptor out;
  out.media_type = media_type;
  out.digest = crypto::Digest::of(content);
  out.size = content.size();
  return out;
}

/// What both kinds of document start with.
Json document_json(std::string_view media_type) {
  Json out;
  out.set("schemaVersion", 2);
  out.set("mediaType", media_type);
  out.set("artifactType", k_bundle_artifact_type);
  return out;
}

Json annotations_json(const bundle::Bundle& bundle) {
  const bundle::Manifest& manifest = bundle.manifest();
  Json out;
  out.set("io.kubeferry.manifest", bundle.manifest_digest().to_string());
  out.set("org.opencontainers.image.created", to_rfc3339(manifest.created));
  out.set("org.opencontainers.image.title", manifest.name);
  out.set("org.opencontainers.image.version", manifest.version);
  return out;
}

oci::ManifestBytes document_bytes(std::string_view media_type, const Json& json) {
  const std::string text = to_text(json);
  const ByteView view = as_byte_view(text);
  return {std::string(media_type), crypto::Digest::of(view), Bytes(view.begin(), view.end())};
}

Json chunk_json(const bundle::Manifest& manifest, std::size_t index) {
  oci::Descriptor out;
  out.media_type = k_bundle_chunk_type;
  out.digest = manifest.chunks[index];
  out.size = std::min(manifest.chunk_size, manifest.payload_length - index * manifest.chunk_size);
  return out.to_json();
}

/// The manifest of the chunks [first, end); the front leads the first one's.
oci::ManifestBytes part(const bundle::Bundle& bundle, const oci::Descriptor& front, std::size_t first,
                        std::size_t end) {
  Json layers = Json::array();
  if (first == 0) {
    layers.push(front.to_json());
  }
  for (std::size_t n = first; n < end; ++n) {
    layers.push(chunk_json(bundle.manifest(), n));
  }
  Json out = document_json(oci::k_oci_manifest);
  out.set("config", empty_config().to_json());
  out.set("layers", std::move(layers));
  out.set("annotations", annotations_json(bundle));
  return document_bytes(oci::k_oci_manifest, out);
}

oci::ManifestBytes index_of(const bundle::Bundle& bundle, std::span<const oci::ManifestBytes> parts) {
  Json entries = Json::array();
  for (const oci::ManifestBytes& document : parts) {
    oci::Descriptor entry = described(document.bytes, document.media_type);
    entry.artifact_type = k_bundle_artifact_type;
    entries.push(entry.to_json());
  }
  Json out = document_json(oci::k_oci_index);
  out.set("manifests", std::move(entries));
  out.set("annotations", annotations_json(bundle));
  return document_bytes(oci::k_oci_index, out);
}

}  // namespace

oci::Descriptor empty_config() { return described(as_byte_view(k_empty_config), oci::k_oci_empty); }

Result<BundleArtifact> make_bundle_artifact(const bundle::Bundle& bundle, std::size_t chunks_in_manifest) {
  BundleArtifact out;
  KF_TRY_ASSIGN(out.front, bundle::front_bytes(bundle.front()));
  out.front_layer = described(out.front, k_bundle_front_type);
  const std::size_t chunks = bundle.manifest().chunks.size();
  for (std::size_t first = 0; first < chunks; first += chunks_in_manifest) {
    out.manifests.push_back(part(bundle, out.front_layer, first, std::min(chunks, first + chunks_in_manifest)));
  }
  if (out.manifests.size() > 1) {
    out.manifests.push_back(index_of(bundle, out.manifests));
  }
  out.tags = {bundle.manifest_digest().hex()};
  if (std::string tag = fmt::format("{}-{}", bundle.manifest().name, bundle.manifest().version); oci::is_tag(tag)) {
    out.tags.push_back(std::move(tag));
  }
  return out;
}

Result<FrontLocation> find_front(const oci::ManifestBytes& document, std::string_view what) {
  KF_TRY_ASSIGN(const oci::Document parsed, oci::parse_document(document.bytes, document.media_type, what));
  if (const auto* index = std::get_if<oci::Index>(&parsed);
      index != nullptr && index->artifact_type == k_bundle_artifact_type && !index->manifests.empty()) {
    return FrontLocation{std::nullopt, index->manifests.front()};
  }
  if (const auto* manifest = std::get_if<oci::Manifest>(&parsed);
      manifest != nullptr && manifest->artifact_type == k_bundle_artifact_type && !manifest->layers.empty() &&
      manifest->layers.front().media_type == k_bundle_front_type) {
    return FrontLocation{manifest->layers.front(), std::nullopt};
  }
  return fail(ExitCode::format, "{}: is no kubeferry bundle", what);
}

std::string bundle_repository(std::string_view prefix) {
  return fmt::format("{}{}{}", prefix, prefix.empty() ? "" : "/", k_bundle_repository);
}

}  // namespace kubeferry::installer
