// SPDX-License-Identifier: Apache-2.0
#include "bundle_maker.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include <kubeferry/archive/raw_frame.hpp>
#include <kubeferry/bundle/encoding.hpp>
#include <kubeferry/oci/layout.hpp>

namespace kubeferry::installer::testing_support {

namespace {

std::string entry_text(const oci::Descriptor& descriptor, const std::string& architecture) {
  return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{},"platform":{{"os":"linux","architecture":"{}"}}}})",
                     descriptor.media_type, descriptor.digest.to_string(), descriptor.size, architecture);
}

std::string pointer_text(const oci::Descriptor& descriptor) {
  return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}}})", descriptor.media_type,
                     descriptor.digest.to_string(), descriptor.size);
}

}  // namespace

Bytes bytes_of(std::string_view text) {
  const ByteView view = as_byte_view(text);
  return {view.begin(), view.end()};
}

BundleMaker::BundleMaker() {
  bundle::Manifest& m = manifest();
  m.name = "made";
  m.version = "1";
  m.stream = "made";
  m.sequence = 1;
  m.created = *parse_rfc3339("2026-11-21T00:00:00Z");
  m.minimum_tool = "0.1.0";
  m.kubernetes = "v1.34.2";
  m.platforms = {"linux/amd64", "linux/arm64"};
  blob(bytes_of(oci::k_layout_text), "");
  blob(bytes_of(oci::index_json({})), "");
  sample_.plan.rows[0].name = "oci-layout";
  sample_.plan.rows[1].name = "index.json";
}

oci::Descriptor BundleMaker::blob(const Bytes& content, std::string media_type) {
  const oci::Descriptor out{
      .media_type = std::move(media_type), .digest = crypto::Digest::of(content), .size = content.size()};
  auto& rows = sample_.plan.rows;
  if (std::none_of(rows.begin(), rows.end(), [&](const auto& row) { return row.digest == out.digest; })) {
    bundle::BlobRow row;
    row.digest = out.digest;
    row.size = content.size();
    row.encoding = bundle::k_raw;
    row.stored = archive::raw_stored_bytes(row.size);
    rows.push_back(row);
    sample_.contents.push_back(content);
  }
  return out;
}

oci::Descriptor BundleMaker::image(const std::string& architecture, const std::vector<unsigned>& layers,
                                   std::size_t size) {
  const auto config = blob(
      bytes_of(fmt::format(R"({{"architecture":"{}","os":"linux","n":{},"rootfs":{{"type":"layers","diff_ids":[]}}}})",
                           architecture, layers.front())),
      "application/vnd.oci.image.config.v1+json");
  std::string list;
  for (const unsigned seed : layers) {
    const auto layer =
        blob(bundle::testing_support::content(size, seed), "application/vnd.oci.image.layer.v1.tar+gzip");
    list += (list.empty() ? "" : ",") + pointer_text(layer);
  }
  return blob(bytes_of(fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}})",
                                   k_manifest_type, pointer_text(config), list)),
              std::string(k_manifest_type));
}

oci::Descriptor BundleMaker::referrer(const oci::Descriptor& subject, const std::string& artifact_type,
                                      const std::string& note) {
  const auto empty = blob(bytes_of("{}"), "application/vnd.oci.empty.v1+json");
  return blob(
      bytes_of(fmt::format(
          R"({{"schemaVersion":2,"mediaType":"{}","artifactType":"{}","config":{},"layers":[{}],"subject":{},"annotations":{{"note":"{}"}}}})",
          k_manifest_type, artifact_type, pointer_text(empty), pointer_text(empty), pointer_text(subject), note)),
      std::string(k_manifest_type));
}

oci::Descriptor BundleMaker::index(const std::vector<std::pair<std::string, oci::Descriptor>>& entries,
                                   const std::vector<std::string>& absent) {
  std::string list;
  for (const auto& [architecture, descriptor] : entries) {
    list += (list.empty() ? "" : ",") + entry_text(descriptor, architecture);
  }
  for (const auto& architecture : absent) {
    const oci::Descriptor nowhere{.media_type = std::string(k_manifest_type),
                                  .digest = crypto::Digest::of(as_byte_view(architecture)),
                                  .size = 500};
    list += "," + entry_text(nowhere, architecture);
  }
  return blob(
      bytes_of(fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{}],"annotations":{{"a":"b"}}}})",
                           k_index_type, list)),
      std::string(k_index_type));
}

void BundleMaker::name(const std::string& reference, const oci::Descriptor& what,
                       std::vector<bundle::PlatformManifest> parts, std::vector<std::string> omitted) {
  manifest().images.push_back({reference, what, std::move(parts), std::move(omitted)});
}

void BundleMaker::document(std::string kind, std::string name, std::string_view text) {
  const auto made = blob(bytes_of(text), "application/yaml");
  manifest().documents.push_back({std::move(kind), std::move(name), made.media_type, made.digest});
}

void BundleMaker::name_artifact(const std::string& reference, const oci::Descriptor& what) {
  manifest().artifacts.push_back({reference, what, {}, {}});
}

oci::Descriptor BundleMaker::two_platforms(const std::string& reference, unsigned seed) {
  const auto amd64 = image("amd64", {seed, 1000});
  const auto arm64 = image("arm64", {seed + 1, 1000});
  const auto both = index({{"amd64", amd64}, {"arm64", arm64}});
  name(reference, both, {{"linux/amd64", amd64}, {"linux/arm64", arm64}});
  return both;
}

const crypto::PrivateKey& BundleMaker::key() {
  if (!key_) {
    key_ = crypto::PrivateKey::generate(crypto::KeyAlgorithm::ed25519).value();
  }
  return *key_;
}

std::shared_ptr<const bundle::Bundle> BundleMaker::write(const std::filesystem::path& path, bundle::Reread reread) {
  sample_.plan.fixed = sample_.plan.rows.size();
  for (std::size_t n = 0; n < 2; ++n) {
    sample_.plan.known.emplace(n, sample_.contents[n]);
  }
  auto writer = bundle::Writer::open(path, sample_.plan);
  EXPECT_TRUE(writer) << writer.error().message;
  const auto digest = bundle::testing_support::write_all_rows(**writer, sample_, key());
  EXPECT_TRUE(digest) << digest.error().message;
  auto opened = bundle::Bundle::open(path, crypto::Keyset::of(key().public_key(), "test"), reread);
  EXPECT_TRUE(opened) << opened.error().message;
  return *opened;
}

}  // namespace kubeferry::installer::testing_support
