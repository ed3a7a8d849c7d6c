// SPDX-License-Identifier: Apache-2.0
#include "node_artifacts.hpp"

#include <algorithm>

#include <kubeferry/base/json.hpp>
#include <kubeferry/oci/reference.hpp>

namespace kubeferry::builder {

namespace {

constexpr std::string_view k_manifest_type = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view k_index_type = "application/vnd.oci.image.index.v1+json";
constexpr std::string_view k_empty_type = "application/vnd.oci.empty.v1+json";
constexpr std::string_view k_artifact_type = "application/vnd.kubeferry.node-files.v1";
constexpr std::string_view k_empty = "{}";

Json file_json(const bundle::FileRow& file, std::uint64_t size) {
  Json annotations;
  annotations.set("org.opencontainers.image.title", file.path.substr(file.path.rfind('/') + 1));
  annotations.set("io.kubeferry.path", file.path);
  annotations.set("io.kubeferry.mode", fmt::format("{:04o}", file.mode));
  annotations.set("io.kubeferry.component", file.component);
  Json out;
  out.set("mediaType", "application/octet-stream");
  out.set("digest", file.digest.to_string());
  out.set("size", size);
  out.set("annotations", std::move(annotations));
  return out;
}

Json empty_json() {
  Json out;
  out.set("mediaType", k_empty_type);
  out.set("digest", crypto::Digest::of(as_byte_view(k_empty)).to_string());
  out.set("size", std::uint64_t{k_empty.size()});
  return out;
}

/// A name or version as a repository component or tag: what the grammar does not allow becomes "-".
std::string component(std::string_view text) {
  std::string out;
  for (const char c : lower(text)) {
    out += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
  }
  out.erase(0, out.find_first_not_of('-'));
  out.resize(out.find_last_not_of('-') + 1);
  return out.empty() ? "bundle" : out;
}

std::string tag(std::string_view version) {
  std::string out;
  for (const char c : version.substr(0, 128)) {
    const bool fine =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    out += fine ? c : '_';
  }
  return oci::is_tag(out) ? out : "v" + out;
}

}  // namespace

std::vector<NodeArtifact> node_artifacts(const bundle::Manifest& manifest,
                                         const std::map<crypto::Digest, std::uint64_t>& sizes) {
  if (manifest.files.empty()) {
    return {};
  }
  NodeArtifact artifact;
  artifact.row.reference =
      fmt::format("kubeferry.local/{}/node-files:{}", component(manifest.name), tag(manifest.version));
  artifact.contents.push_back(to_bytes(k_empty));
  Json entries = Json::array();
  for (const auto& platform : manifest.platforms) {
    Json layers = Json::array();
    for (const auto& file : manifest.files) {
      if (file.platform == platform) {
        layers.push(file_json(file, sizes.at(file.digest)));
      }
    }
    if (layers.as_array()->empty()) {
      continue;
    }
    Json out;
    out.set("schemaVersion", 2);
    out.set("mediaType", k_manifest_type);
    out.set("artifactType", k_artifact_type);
    out.set("config", empty_json());
    out.set("layers", std::move(layers));
    const Bytes text = to_bytes(to_text(out));
    const oci::Descriptor descriptor{
        .media_type = std::string(k_manifest_type), .digest = crypto::Digest::of(text), .size = text.size()};
    const auto words = split(platform, '/');
    Json where;
    where.set("architecture", words.at(1));
    where.set("os", words.at(0));
    if (words.size() > 2) {
      where.set("variant", words.at(2));
    }
    Json entry;
    entry.set("mediaType", k_manifest_type);
    entry.set("digest", descriptor.digest.to_string());
    entry.set("size", descriptor.size);
    entry.set("artifactType", k_artifact_type);
    entry.set("platform", std::move(where));
    entries.push(std::move(entry));
    artifact.row.manifests.push_back({platform, descriptor});
    artifact.contents.push_back(text);
  }
  Json index;
  index.set("schemaVersion", 2);
  index.set("mediaType", k_index_type);
  index.set("artifactType", k_artifact_type);
  index.set("manifests", std::move(entries));
  Bytes text = to_bytes(to_text(index));
  artifact.row.descriptor = {
      .media_type = std::string(k_index_type), .digest = crypto::Digest::of(text), .size = text.size()};
  artifact.contents.push_back(std::move(text));
  std::vector<NodeArtifact> all;
  all.push_back(std::move(artifact));
  return all;
}

}  // namespace kubeferry::builder
