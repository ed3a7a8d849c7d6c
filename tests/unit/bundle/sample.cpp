// SPDX-License-Identifier: Apache-2.0
#include "sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>

#include <kubeferry/archive/raw_frame.hpp>
#include <kubeferry/base/json.hpp>
#include <kubeferry/bundle/encoding.hpp>
#include <kubeferry/bundle/front.hpp>
#include <kubeferry/crypto/dsse.hpp>
#include <kubeferry/oci/layout.hpp>
#include <kubeferry/oci/media_type.hpp>

namespace kubeferry::bundle::testing_support {

Folder::Folder() {
  std::string name = ::testing::TempDir() + "kf-XXXXXX";
  path_ = ::mkdtemp(name.data());
}
Folder::~Folder() { std::filesystem::remove_all(path_); }

const Bytes& content(std::size_t size, unsigned seed) {
  // Made once: byte by byte and not optimised it takes seconds under an emulator.
  static std::map<std::pair<std::size_t, unsigned>, Bytes> made;
  Bytes& bytes = made[{size, seed}];
  if (!bytes.empty()) {
    return bytes;
  }
  std::mt19937 random(seed);
  bytes.resize(size);
  for (std::size_t n = 0; n < size; ++n) {
    bytes[n] = n % 3 == 0 ? static_cast<std::byte>(random() & 0xffU) : std::byte{'k'};
  }
  return bytes;
}

namespace {

Bytes text_bytes(const std::string& text) {
  const auto view = as_byte_view(text);
  return {view.begin(), view.end()};
}

BlobRow row_of(const Bytes& bytes, std::string_view encoding, std::string name = {}) {
  BlobRow row;
  row.digest = crypto::Digest::of(bytes);
  row.size = bytes.size();
  row.encoding = encoding;
  row.name = std::move(name);
  row.stored = encoding == k_raw && row.size > 0 ? archive::raw_stored_bytes(row.size) : 0;
  return row;
}

Json descriptor_json(const std::string& type, const Bytes& bytes) {
  Json out;
  out.set("mediaType", type);
  out.set("digest", crypto::Digest::of(bytes).to_string());
  out.set("size", std::uint64_t{bytes.size()});
  return out;
}

oci::Descriptor descriptor_of(const std::string& type, const Bytes& bytes) {
  return {.media_type = type, .digest = crypto::Digest::of(bytes), .size = bytes.size()};
}

Bytes image_manifest(const Bytes& config, const std::vector<Bytes>& layers) {
  Json out;
  out.set("schemaVersion", 2);
  out.set("mediaType", "application/vnd.oci.image.manifest.v1+json");
  out.set("config", descriptor_json("application/vnd.oci.image.config.v1+json", config));
  Json all = Json::array();
  for (const auto& layer : layers) {
    all.push(descriptor_json("application/vnd.oci.image.layer.v1.tar+gzip", layer));
  }
  out.set("layers", std::move(all));
  return text_bytes(to_text(out));
}

}  // namespace

namespace {

Sample new_sample(std::uint64_t sequence) {
  Sample sample;
  WritePlan& plan = sample.plan;
  const std::vector<Bytes> layers = {content(1, 1), content(131072, 2), content(131073, 3), content(3000000, 4)};
  const Bytes config_amd64 =
      text_bytes(R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}})");
  const Bytes config_arm64 =
      text_bytes(R"({"architecture":"arm64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}})");
  const Bytes manifest_amd64 = image_manifest(config_amd64, {layers[0], layers[1], layers[3]});
  const Bytes manifest_arm64 = image_manifest(config_arm64, {layers[0], layers[2]});
  const std::string manifest_type = "application/vnd.oci.image.manifest.v1+json";
  const std::string index_type = "application/vnd.oci.image.index.v1+json";
  const Bytes index = text_bytes(fmt::format(
      R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{{"mediaType":"{}","digest":"{}","size":{},"platform":{{"os":"linux","architecture":"amd64"}}}},{{"mediaType":"{}","digest":"{}","size":{},"platform":{{"os":"linux","architecture":"arm64"}}}}]}})",
      index_type, manifest_type, crypto::Digest::of(manifest_amd64).to_string(), manifest_amd64.size(), manifest_type,
      crypto::Digest::of(manifest_arm64).to_string(), manifest_arm64.size()));
  const Bytes spec = text_bytes("apiVersion: kubeferry/v1\n");
  const std::vector<oci::LayoutEntry> entries = {{descriptor_of(index_type, index), "registry.k8s.io/sample:v1"}};
  const std::vector<Bytes> files = {content(100, 5), content(9 << 20, 6)};

  sample.contents = {text_bytes(std::string(oci::k_layout_text)),
                     text_bytes(oci::index_json(entries)),
                     spec,
                     index,
                     manifest_amd64,
                     manifest_arm64,
                     config_amd64,
                     config_arm64};
  sample.contents.insert(sample.contents.end(), layers.begin(), layers.end());
  for (std::size_t n = 0; n < sample.contents.size(); ++n) {
    const std::string name = n == 0 ? "oci-layout" : n == 1 ? "index.json" : "";
    plan.rows.push_back(row_of(sample.contents[n], k_raw, name));
  }
  plan.fixed = plan.rows.size();
  for (std::size_t n = 0; n < 3; ++n) {
    plan.known.emplace(n, sample.contents[n]);
  }
  for (const auto& file : files) {
    plan.rows.push_back(row_of(file, k_zstd));
    sample.contents.push_back(file);
  }
  plan.level = 3;
  Manifest& m = plan.manifest;
  m.name = "sample";
  m.version = "1";
  m.stream = "sample";
  m.sequence = sequence;
  m.created = *parse_rfc3339("2026-11-21T00:00:00Z");
  m.minimum_tool = "0.1.0";
  m.platforms = {"linux/amd64", "linux/arm64"};
  m.images = {{.reference = "registry.k8s.io/sample:v1",
               .descriptor = descriptor_of(index_type, index),
               .manifests = {{"linux/amd64", descriptor_of(manifest_type, manifest_amd64)},
                             {"linux/arm64", descriptor_of(manifest_type, manifest_arm64)}},
               .omitted = {"windows/amd64"}}};
  m.files = {{crypto::Digest::of(files[0]), "linux/amd64", "/usr/local/bin/a", 0755, "user", "a"},
             {crypto::Digest::of(files[1]), "linux/amd64", "/usr/local/bin/b", 0755, "user", "b"}};
  m.documents = {{"spec", "spec.yaml", "application/yaml", crypto::Digest::of(spec)}};
  return sample;
}

}  // namespace

Sample make_sample(std::uint64_t sequence) {
  static std::map<std::uint64_t, Sample> made;
  const auto found = made.find(sequence);
  return found != made.end() ? found->second : made.emplace(sequence, new_sample(sequence)).first->second;
}

Result<crypto::Digest> write_all_rows(Writer& writer, const Sample& sample, const crypto::PrivateKey& key) {
  for (std::size_t n = 0; n < sample.plan.rows.size(); ++n) {
    if (writer.complete(n)) {
      continue;
    }
    const ByteView bytes(sample.contents[n]);
    if (n < sample.plan.fixed) {
      KF_TRY_ASSIGN(const auto slot, writer.raw(n));
      ByteView rest = bytes.subspan(static_cast<std::size_t>(slot->received()));
      while (!rest.empty()) {
        const std::size_t count = std::min<std::size_t>(rest.size(), 10007);
        KF_TRY(slot->write(rest.first(count)));
        rest = rest.subspan(count);
      }
      KF_TRY(slot->finish());
    } else {
      MemorySource source(bytes);
      KF_TRY(writer.put(n, source, 2));
    }
  }
  return writer.finish(
      [&](std::string_view manifest) -> Result<std::string> {
        crypto::Envelope envelope{std::string(k_payload_type), {}};
        KF_TRY(crypto::add_signature(envelope, key, as_byte_view(manifest)));
        return envelope.to_text();
      },
      2, {});
}

void write_sample(const std::filesystem::path& path, const crypto::PrivateKey& key, std::uint64_t sequence,
                  std::span<char* const> platforms) {
  Sample sample = make_sample(sequence);
  auto& all = sample.plan.manifest.platforms;
  for (const char* platform : platforms) {
    if (std::ranges::find(all, platform) == all.end()) {
      all.emplace_back(platform);
    }
  }
  auto writer = Writer::open(path, sample.plan);
  ASSERT_TRUE(writer) << writer.error().message;
  const auto digest = write_all_rows(**writer, sample, key);
  ASSERT_TRUE(digest) << digest.error().message;
}

std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) {
    return {};
  }
  std::string text(static_cast<std::size_t>(in.tellg()), '\0');
  in.seekg(0).read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
}

}  // namespace kubeferry::bundle::testing_support
