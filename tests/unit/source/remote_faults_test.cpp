// SPDX-License-Identifier: Apache-2.0
// A bundle at registries that lie or lack something.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/installer/bundle_artifact.hpp>

#include "site.hpp"

namespace kubeferry::source {
namespace {

using namespace testing_support;
using kubeferry::testing::Answer;
using kubeferry::testing::FaultServer;
using ::testing::AllOf;
using ::testing::HasSubstr;

class RemoteFaultsTest : public ::testing::Test {
protected:
  RemoteFaultsTest() { site_.fill(server_); }

  /// The error of opening.
  Error refused() {
    auto remote = source::remote(site_.options(server_));
    EXPECT_FALSE(remote);
    return remote ? Error{} : std::move(remote.error());
  }
  /// The error of reading the large node file.
  Error unreadable() {
    const auto remote = source::remote(site_.options(server_));
    EXPECT_TRUE(remote) << remote.error().message;
    auto bytes = (*remote)->read(site_.bundle()->manifest().files[1].digest, 16 << 20);
    EXPECT_FALSE(bytes);
    return bytes ? Error{} : std::move(bytes.error());
  }
  /// A manifest whose first layer is `content` of that type, under the tag.
  void offer(const std::string& content, std::string_view type = installer::k_bundle_front_type,
             std::string_view artifact_type = installer::k_bundle_artifact_type) {
    const auto digest = crypto::Digest::of(as_byte_view(content));
    offer_layer(digest, content.size(), type, artifact_type);
    server_.on(Site::blob_path(digest), {Answer{.body = content}});
  }
  void offer_layer(const crypto::Digest& digest, std::uint64_t size, std::string_view type,
                   std::string_view artifact_type) {
    server_.on(
        site_.tag_path(),
        {Answer{
            .headers = {{"Content-Type", "application/vnd.oci.image.manifest.v1+json"}},
            .body = fmt::format(
                R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"{}",)"
                R"("config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{}","size":2}},)"
                R"("layers":[{{"mediaType":"{}","digest":"{}","size":{}}}]}})",
                artifact_type, installer::empty_config().digest.to_string(), type, digest.to_string(), size)}});
  }
  std::string front() { return std::string(as_text(*bundle::front_bytes(site_.bundle()->front()))); }

  const Site& site_ = Site::get();
  FaultServer server_;
};

TEST_F(RemoteFaultsTest, AnyRegistryCanHaveIt) {
  const auto remote = source::remote(site_.options(server_));
  ASSERT_TRUE(remote) << remote.error().message;
  EXPECT_EQ((*remote)->read(site_.bundle()->manifest().files[1].digest, 16 << 20), site_.file_content(1));
  EXPECT_EQ((*remote)->name(), server_.authority() + "/site/kubeferry/bundle");
}

TEST_F(RemoteFaultsTest, AChunkThatIsNotThereIsNamed) {
  const std::size_t chunk = site_.bundle()->manifest().chunks.size() / 2;
  server_.on(site_.chunk_path(chunk), {Answer{.status = 404}});
  const Error error = unreadable();
  EXPECT_EQ(error.code, ExitCode::network);
  EXPECT_THAT(error.message, AllOf(HasSubstr("/usr/local/bin/b: "), HasSubstr("site/kubeferry/bundle@"),
                                   HasSubstr(site_.bundle()->manifest().chunks[chunk].to_string())));
}

TEST_F(RemoteFaultsTest, AChunkThatIsNotWhatWasSigned) {
  const std::size_t chunk = site_.bundle()->manifest().chunks.size() / 2;
  std::string text = site_.chunk_text(chunk);
  text[1000] = static_cast<char>(text[1000] ^ 1);
  server_.on(site_.chunk_path(chunk), {Answer{.body = text}});
  const Error error = unreadable();
  EXPECT_EQ(error.code, ExitCode::integrity);
  EXPECT_THAT(error.message, HasSubstr(site_.bundle()->manifest().chunks[chunk].to_string()));
}

TEST_F(RemoteFaultsTest, AChunkOfAnotherLength) {
  const std::size_t chunk = site_.bundle()->manifest().chunks.size() / 2;
  server_.on(site_.chunk_path(chunk), {Answer{.body = site_.chunk_text(chunk) + "x"}});
  EXPECT_EQ(unreadable().code, ExitCode::integrity);
}

TEST_F(RemoteFaultsTest, AnHonestRegistryHelpsOutForALiar) {
  const std::size_t chunk = site_.bundle()->manifest().chunks.size() / 2;
  server_.on(site_.chunk_path(chunk), {Answer{.body = std::string(site_.chunk_text(chunk).size(), 'x')}});
  FaultServer honest;
  site_.fill(honest);
  auto options = site_.options(server_);
  options.registries.push_back({honest.authority(), "site", true});
  std::vector<std::string> warnings;
  options.warning = [&](std::string_view line) { warnings.emplace_back(line); };
  const auto remote = source::remote(std::move(options));
  ASSERT_TRUE(remote) << remote.error().message;
  EXPECT_EQ((*remote)->read(site_.bundle()->manifest().files[1].digest, 16 << 20), site_.file_content(1));
  EXPECT_EQ(warnings.size(), 1U);
}

TEST_F(RemoteFaultsTest, OfSeveralReasonsTheTellingOneGivesTheCode) {
  const std::size_t chunk = site_.bundle()->manifest().chunks.size() / 2;
  server_.on(site_.chunk_path(chunk), {Answer{.status = 404}});
  FaultServer liar;
  site_.fill(liar);
  liar.on(site_.chunk_path(chunk), {Answer{.body = std::string(site_.chunk_text(chunk).size(), 'x')}});
  auto options = site_.options(server_);
  options.registries.push_back({liar.authority(), "site", true});
  const auto remote = source::remote(std::move(options));
  ASSERT_TRUE(remote) << remote.error().message;
  const auto bytes = (*remote)->read(site_.bundle()->manifest().files[1].digest, 16 << 20);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ExitCode::integrity);
  EXPECT_THAT(bytes.error().message, AllOf(HasSubstr(server_.authority()), HasSubstr(liar.authority())));
}

TEST_F(RemoteFaultsTest, AGenuineBundleUnderAnothersDigest) {
  Folder folder;
  bundle::testing_support::write_sample(folder / "other", site_.key(), 8);
  const auto other = bundle::Bundle::open(folder / "other", site_.trust());
  ASSERT_TRUE(other);
  offer(std::string(as_text(*bundle::front_bytes((*other)->front()))));
  const Error error = refused();
  EXPECT_EQ(error.code, ExitCode::integrity);
  EXPECT_THAT(error.message, AllOf(HasSubstr((*other)->manifest_digest().to_string()),
                                   HasSubstr(site_.bundle()->manifest_digest().to_string())));
}

TEST_F(RemoteFaultsTest, AFrontThatWasChanged) {
  std::string text = front();
  text[text.find("\"stream\"") + 1] = 'S';
  offer(text);
  EXPECT_EQ(refused().code, ExitCode::signature);
}

TEST_F(RemoteFaultsTest, AFrontThatIsNone) {
  offer("something else");
  EXPECT_EQ(refused().code, ExitCode::format);
  offer(front() + std::string(4096, '\0'));
  EXPECT_EQ(refused().code, ExitCode::format);
  offer(front().substr(0, 8192));
  EXPECT_EQ(refused().code, ExitCode::format);
}

TEST_F(RemoteFaultsTest, AFrontThatIsTooLarge) {
  offer_layer(crypto::Digest::of(as_byte_view("x")), bundle::k_largest_front + 1, installer::k_bundle_front_type,
              installer::k_bundle_artifact_type);
  EXPECT_EQ(refused().code, ExitCode::limit);
}

TEST_F(RemoteFaultsTest, AnotherArtifact) {
  offer(front(), installer::k_bundle_front_type, "application/vnd.other");
  EXPECT_THAT(refused().message, HasSubstr("is no kubeferry bundle"));
  offer(front(), "application/octet-stream");
  EXPECT_EQ(refused().code, ExitCode::format);
}

TEST_F(RemoteFaultsTest, ManyChunksAreListedByAnIndex) {
  const auto artifact = installer::make_bundle_artifact(*site_.bundle(), 10);
  ASSERT_TRUE(artifact);
  ASSERT_GT(artifact->manifests.size(), 2U);
  for (const oci::ManifestBytes& manifest : artifact->manifests) {
    const Answer answer{.headers = {{"Content-Type", manifest.media_type}},
                        .body = std::string(as_text(manifest.bytes))};
    server_.on("/v2/site/kubeferry/bundle/manifests/" + manifest.digest.to_string(), {answer});
    server_.on(site_.tag_path(), {answer});
  }
  const auto remote = source::remote(site_.options(server_));
  ASSERT_TRUE(remote) << remote.error().message;
  EXPECT_EQ((*remote)->read(site_.bundle()->manifest().files[0].digest, 1000), site_.file_content(0));
}

}  // namespace
}  // namespace kubeferry::source
