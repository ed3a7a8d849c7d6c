// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/oci/layout.hpp>

#include <gtest/gtest.h>

#include <kubeferry/base/json.hpp>
#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/oci/media_type.hpp>

namespace kubeferry::oci {
namespace {

LayoutEntry entry(const std::string& content, std::string name) {
  LayoutEntry entry;
  entry.descriptor.media_type = std::string(k_oci_index);
  entry.descriptor.digest = crypto::Digest::of(as_byte_view(content));
  entry.descriptor.size = content.size();
  entry.name = std::move(name);
  return entry;
}

TEST(Layout, BlobPaths) {
  EXPECT_EQ(blob_path(crypto::Digest::of(as_byte_view("abc"))),
            "blobs/sha256/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Layout, MarkerIsJson) {
  EXPECT_EQ(parse_json(k_layout_text, "oci-layout").value().find("imageLayoutVersion")->as_string()[0], "1.0.0");
}

TEST(IndexJson, IsTheSameWhateverTheOrder) {
  const std::vector forward = {entry("a", "host/a:1"), entry("b", "host/b:1"), entry("x", ""), entry("y", "")};
  const std::vector backward(forward.rbegin(), forward.rend());
  EXPECT_EQ(index_json(forward), index_json(backward));
}

TEST(IndexJson, NamesEachImageForContainerdAndSkopeo) {
  LayoutEntry named = entry("a", "registry.k8s.io/pause:3.10");
  named.descriptor.annotations = {{"org.opencontainers.image.ref.name", "stale"}, {"kept", "yes"}};
  const std::string text = index_json(std::vector{named, entry("b", "")});
  const auto index = parse_index(as_byte_view(text), k_oci_index, "index.json");
  ASSERT_TRUE(index) << index.error().message;
  ASSERT_EQ(index->manifests.size(), 2U);
  EXPECT_TRUE(index->manifests[0].annotations.empty());
  EXPECT_EQ(index->manifests[1].annotations,
            (Annotations{{"kept", "yes"},
                         {"io.containerd.image.name", "registry.k8s.io/pause:3.10"},
                         {"org.opencontainers.image.ref.name", "registry.k8s.io/pause:3.10"}}));
}

TEST(IndexJson, OfNothingIsAnEmptyIndex) {
  EXPECT_EQ(index_json({}),
            R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})");
}

}  // namespace
}  // namespace kubeferry::oci
