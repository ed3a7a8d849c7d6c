// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/manifest.hpp>

#include <algorithm>

#include <kubeferry/bundle/json_fields.hpp>
#include <kubeferry/oci/layout.hpp>

namespace kubeferry::bundle {

namespace {

Json platform_manifest_json(const PlatformManifest& row) {
  Json out;
  out.set("platform", row.platform);
  set_descriptor(out, row.descriptor);
  return out;
}

Json image_json(const ImageRow& row) {
  Json out;
  out.set("reference", row.reference);
  set_descriptor(out, row.descriptor);
  Json manifests = Json::array();
  for (const auto& manifest : row.manifests) {
    manifests.push(platform_manifest_json(manifest));
  }
  out.set("manifests", std::move(manifests));
  out.set("omitted", to_json(row.omitted));
  return out;
}

Json images_json(const std::vector<ImageRow>& rows) {
  Json out = Json::array();
  for (const auto& row : rows) {
    out.push(image_json(row));
  }
  return out;
}

Json blobs_json(const std::vector<BlobRow>& rows) {
  Json out = Json::array();
  for (const auto& row : rows) {
    Json item;
    item.set("digest", row.digest.to_string());
    item.set("size", row.size);
    item.set("offset", row.offset);
    item.set("stored", row.stored);
    item.set("encoding", row.encoding);
    if (!row.name.empty()) {
      item.set("name", row.name);
    }
    out.push(std::move(item));
  }
  return out;
}

Json files_json(const std::vector<FileRow>& rows) {
  Json out = Json::array();
  for (const auto& row : rows) {
    Json item;
    item.set("digest", row.digest.to_string());
    item.set("platform", row.platform);
    item.set("path", row.path);
    item.set("mode", fmt::format("{:04o}", row.mode));
    item.set("component", row.component);
    item.set("source", row.source);
    out.push(std::move(item));
  }
  return out;
}

Json documents_json(const std::vector<DocumentRow>& rows) {
  Json out = Json::array();
  for (const auto& row : rows) {
    Json item;
    item.set("kind", row.kind);
    item.set("name", row.name);
    item.set("mediaType", row.media_type);
    item.set("digest", row.digest.to_string());
    out.push(std::move(item));
  }
  return out;
}

Json payload_json(const Manifest& manifest) {
  Json out;
  out.set("length", manifest.payload_length);
  out.set("chunkSize", manifest.chunk_size);
  Json chunks = Json::array();
  for (const auto& chunk : manifest.chunks) {
    chunks.push(chunk.hex());
  }
  out.set("chunks", std::move(chunks));
  return out;
}

}  // namespace

std::string BlobRow::tar_name() const { return name.empty() ? oci::blob_path(digest) : name; }

const BlobRow* Manifest::find_blob(const crypto::Digest& digest) const {
  const auto found = std::find_if(blobs.begin(), blobs.end(), [&](const BlobRow& row) { return row.digest == digest; });
  return found == blobs.end() ? nullptr : &*found;
}

std::string to_text(const Manifest& manifest) {
  Json out;
  out.set("kind", "kubeferry/bundle/v1");
  out.set("name", manifest.name);
  out.set("version", manifest.version);
  out.set("stream", manifest.stream);
  out.set("sequence", manifest.sequence);
  out.set("created", to_rfc3339(manifest.created));
  if (manifest.not_after) {
    out.set("notAfter", to_rfc3339(*manifest.not_after));
  }
  if (!manifest.audience.empty()) {
    out.set("audience", manifest.audience);
  }
  out.set("minimumTool", manifest.minimum_tool);
  if (!manifest.kubernetes.empty()) {
    out.set("kubernetes", manifest.kubernetes);
  }
  out.set("platforms", to_json(manifest.platforms));
  out.set("images", images_json(manifest.images));
  out.set("artifacts", images_json(manifest.artifacts));
  out.set("files", files_json(manifest.files));
  if (!manifest.packages.empty()) {
    out.set("packages", packages_json(manifest.packages));
  }
  out.set("documents", documents_json(manifest.documents));
  out.set("blobs", blobs_json(manifest.blobs));
  out.set("payload", payload_json(manifest));
  return to_text(out);
}

}  // namespace kubeferry::bundle
