// SPDX-License-Identifier: Apache-2.0
// A bundle itself in the registry that serves it.
#include <kubeferry/installer/bundle_artifact.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/crypto/hasher.hpp>
#include <kubeferry/installer/bundle_content.hpp>
#include <kubeferry/oci/media_type.hpp>

#include "bundle_maker.hpp"

namespace kubeferry::installer {
namespace {

using namespace testing_support;
using registry_server::BlobReader;
using registry_server::ManifestEntry;
using registry_server::RepositoryName;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr RepositoryName k_name{k_bundle_repository, ""};

class BundleArtifactTest : public testing::Test {
protected:
  BundleArtifactTest() {
    maker_.two_platforms("registry.k8s.io/pause:3.10", 1);
    maker_.blob(bundle::testing_support::content(5'000'000, 7), "application/octet-stream");
  }
  void serve(bundle::Reread reread = bundle::Reread::verify) {
    bundle_ = maker_.write(folder_, "bundle", reread);
    content_ = *BundleContent::make({bundle_});
  }
  [[nodiscard]] std::string bytes_of_blob(const crypto::Digest& digest) const {
    const auto reader = content_->open_blob(k_name, digest);
    if (!reader || *reader == nullptr) {
      return "not there";
    }
    Bytes bytes(static_cast<std::size_t>((*reader)->size()));
    EXPECT_TRUE((*reader)->read_at(0, bytes));
    return std::string(as_text(bytes));
  }
  [[nodiscard]] oci::Manifest manifest_of(const ManifestEntry& entry) const {
    const auto text = content_->manifest_bytes(entry);
    EXPECT_TRUE(text);
    EXPECT_EQ(crypto::Digest::of(as_byte_view(*text)), entry.digest);
    EXPECT_EQ(text->size(), entry.size);
    return *oci::parse_manifest(as_byte_view(*text), entry.media_type, "artifact");
  }

  Folder folder_;
  BundleMaker maker_;
  std::shared_ptr<const bundle::Bundle> bundle_;
  std::shared_ptr<const BundleContent> content_;
};

TEST_F(BundleArtifactTest, LayersAreTheFile) {
  serve();
  const auto entry = content_->resolve_tag(k_name, bundle_->manifest_digest().hex());
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->media_type, oci::k_oci_manifest);
  const oci::Manifest manifest = manifest_of(*entry);
  EXPECT_EQ(manifest.artifact_type, k_bundle_artifact_type);
  EXPECT_EQ(bytes_of_blob(manifest.config.digest), "{}");
  std::string file;
  for (const oci::Descriptor& layer : manifest.layers) {
    EXPECT_EQ(layer.media_type, file.empty() ? k_bundle_front_type : k_bundle_chunk_type);
    const std::string blob = bytes_of_blob(layer.digest);
    EXPECT_EQ(blob.size(), layer.size);
    EXPECT_EQ(crypto::Digest::of(as_byte_view(blob)), layer.digest);
    file += blob;
  }
  EXPECT_EQ(file, bundle::testing_support::file_text(folder_ / "bundle"));
}

TEST_F(BundleArtifactTest, NamesOfIt) {
  serve();
  const std::string hex = bundle_->manifest_digest().hex();
  const auto entry = content_->resolve_tag(k_name, hex);
  ASSERT_TRUE(entry);
  EXPECT_EQ(content_->resolve_tag(k_name, "made-1")->digest, entry->digest);
  EXPECT_TRUE(content_->resolve_digest(k_name, entry->digest));
  EXPECT_TRUE(content_->resolve_tag({k_bundle_repository, "kubeferry.local"}, hex));
  EXPECT_FALSE(content_->resolve_tag({k_bundle_repository, "ghcr.io"}, hex));
  EXPECT_FALSE(content_->resolve_tag({"pause", ""}, hex));
  EXPECT_FALSE(content_->resolve_digest({"pause", ""}, entry->digest));
  EXPECT_FALSE(content_->resolve_tag(k_name, "latest"));
  EXPECT_THAT(*content_->tags(k_name), UnorderedElementsAre(hex, "made-1"));
  EXPECT_THAT(content_->repositories(), ElementsAre("pause")) << "who copies the catalogue does not want it twice";
}

TEST_F(BundleArtifactTest, AVersionThatIsNoTag) {
  maker_.manifest().version = "1+build 7";
  serve();
  EXPECT_THAT(*content_->tags(k_name), ElementsAre(bundle_->manifest_digest().hex()));
}

TEST_F(BundleArtifactTest, NothingElseIsServedThere) {
  serve();
  EXPECT_EQ(bytes_of_blob(crypto::Digest::of(as_byte_view("no"))), "not there");
  const auto chunk = bundle_->manifest().chunks.front();
  EXPECT_EQ(*content_->open_blob({"pause", ""}, chunk), nullptr);
}

TEST_F(BundleArtifactTest, ChunksAreSentInPlace) {
  serve(bundle::Reread::trust_unchanged);
  const auto reader = content_->open_blob(k_name, bundle_->manifest().chunks.at(1));
  ASSERT_TRUE(reader && *reader);
  const auto span = (*reader)->span_at(1000);
  ASSERT_TRUE(span);
  EXPECT_EQ(span->length, (*reader)->size() - 1000);
  Bytes sent(static_cast<std::size_t>(span->length));
  ASSERT_TRUE(read_exactly_at(span->fd, span->offset, sent, "bundle"));
  Bytes read(sent.size());
  ASSERT_TRUE((*reader)->read_at(1000, read));
  EXPECT_EQ(sent, read);
}

TEST_F(BundleArtifactTest, NeitherWayGivesOutADamagedChunk) {
  serve();
  std::string text = bundle::testing_support::file_text(folder_ / "bundle");
  text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
  bundle::testing_support::write_text(folder_ / "bad", text);
  const auto bad = bundle::Bundle::open(folder_ / "bad", crypto::Keyset::of(maker_.key().public_key(), "test"),
                                        bundle::Reread::trust_unchanged);
  ASSERT_TRUE(bad);
  const auto content = BundleContent::make({*bad});
  const bundle::VerifiedPayload& payload = (*bad)->payload();
  const std::size_t chunk = (text.size() / 2 - payload.file_offset()) / payload.chunk_size();
  const auto reader = (*content)->open_blob(k_name, (*bad)->manifest().chunks.at(chunk));
  ASSERT_TRUE(reader && *reader);
  EXPECT_FALSE((*reader)->span_at(0));
  Bytes bytes(static_cast<std::size_t>((*reader)->size()));
  EXPECT_EQ((*reader)->read_at(0, bytes).error().code, ExitCode::integrity);
}

TEST_F(BundleArtifactTest, SeveralBundles) {
  serve();
  BundleMaker second;
  second.two_platforms("registry.k8s.io/other:1", 5);
  const auto other = second.write(folder_, "other");
  const auto both = *BundleContent::make({bundle_, other});
  EXPECT_TRUE(both->resolve_tag(k_name, bundle_->manifest_digest().hex()));
  EXPECT_TRUE(both->resolve_tag(k_name, other->manifest_digest().hex()));
  EXPECT_EQ(both->resolve_tag(k_name, "made-1")->digest,
            both->resolve_tag(k_name, bundle_->manifest_digest().hex())->digest)
      << "the first named counts";
}

TEST_F(BundleArtifactTest, AnImageOfThatName) {
  const auto image = maker_.two_platforms("ghcr.io/kubeferry/bundle:v1", 9);
  serve();
  EXPECT_EQ(content_->resolve_tag(k_name, "v1")->digest, image.digest);
  EXPECT_EQ(content_->resolve_tag({k_bundle_repository, "ghcr.io"}, "v1")->digest, image.digest);
  EXPECT_TRUE(content_->resolve_tag(k_name, bundle_->manifest_digest().hex()));
  EXPECT_THAT(*content_->tags({k_bundle_repository, "ghcr.io"}), ElementsAre("v1"));
}

TEST_F(BundleArtifactTest, MoreChunksThanOneManifestLists) {
  serve();
  const auto artifact = make_bundle_artifact(*bundle_, 2);
  ASSERT_TRUE(artifact);
  const oci::ManifestBytes& last = artifact->manifests.back();
  EXPECT_EQ(last.media_type, oci::k_oci_index);
  const auto index = oci::parse_index(last.bytes, last.media_type, "index");
  ASSERT_TRUE(index) << index.error().message;
  ASSERT_EQ(index->manifests.size() + 1, artifact->manifests.size());
  std::size_t chunks = 0;
  for (std::size_t n = 0; n < index->manifests.size(); ++n) {
    EXPECT_EQ(index->manifests[n].digest, artifact->manifests[n].digest);
    const auto part = oci::parse_manifest(artifact->manifests[n].bytes, artifact->manifests[n].media_type, "part");
    ASSERT_TRUE(part) << part.error().message;
    for (const oci::Descriptor& layer : part->layers) {
      if (layer.media_type == k_bundle_chunk_type) {
        EXPECT_EQ(layer.digest, bundle_->manifest().chunks.at(chunks++));
      }
    }
  }
  EXPECT_EQ(chunks, bundle_->manifest().chunks.size());
  const auto first = find_front(last, "index");
  ASSERT_TRUE(first && first->next);
  EXPECT_EQ(first->next->digest, artifact->manifests.front().digest);
  EXPECT_EQ(find_front(artifact->manifests.front(), "part")->layer->digest, artifact->front_layer.digest);
  EXPECT_EQ(find_front(artifact->manifests.at(1), "part").error().code, ExitCode::format);
}

}  // namespace
}  // namespace kubeferry::installer
