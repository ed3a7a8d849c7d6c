// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mirror_fixture.hpp"

namespace kubeferry::installer {
namespace {

using namespace testing_support;
using ::testing::HasSubstr;

TEST_F(MirrorTest, ASparseIndexIsKeptWhereItIsAllowed) {
  const auto index = sparse("ghcr.io/a:1", 1);
  for (const IndexMode mode : {IndexMode::keep, IndexMode::automatic}) {
    auto with = options();
    with.index = mode;
    const auto result = run(with);
    EXPECT_EQ(registry_.manifest("k8s/a", "1"), index.digest.to_string());
    EXPECT_FALSE(result.refuses_sparse);
  }
}

TEST_F(MirrorTest, ARefusedSparseIndexIsRewritten) {
  registry_.refuses_sparse = true;
  const auto index = sparse("ghcr.io/a:1", 1);
  const auto result = run(options());
  ASSERT_EQ(result.rows.size(), 1U);
  EXPECT_EQ(result.rows[0].status, MirrorStatus::rewritten);
  EXPECT_EQ(result.rows[0].source_digest, index.digest);
  EXPECT_NE(result.rows[0].target_digest, index.digest);
  EXPECT_TRUE(result.refuses_sparse);
  EXPECT_EQ(registry_.manifest("k8s/a", "1"), result.rows[0].target_digest.to_string());
  const auto kept = oci::parse_index(as_byte_view(registry_.manifest_text("k8s/a", "1")), k_index_type, "index");
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->manifests.size(), 1U);
  EXPECT_EQ(kept->manifests[0].platform->architecture, "amd64");
  EXPECT_EQ(kept->annotations.size(), 1U) << "the rest stays as it was";

  registry_.forget_requests();
  const auto again = run(options());
  EXPECT_EQ(registry_.requests("PUT") + registry_.requests("POST"), 0U);
  EXPECT_EQ(again.rows[0].status, MirrorStatus::rewritten);
}

TEST_F(MirrorTest, KeepSaysWhatToDoWhenItIsRefused) {
  registry_.refuses_sparse = true;
  sparse("ghcr.io/a:1", 1);
  auto with = options();
  with.index = IndexMode::keep;
  const Error error = failure(with);
  EXPECT_EQ(error.code, ExitCode::network);
  EXPECT_THAT(error.hint, HasSubstr("--index filter"));
}

TEST_F(MirrorTest, FilterRewritesWithoutAsking) {
  const auto index = sparse("ghcr.io/a:1", 1);
  const auto whole = maker_.two_platforms("ghcr.io/b:1", 5);
  auto with = options();
  with.index = IndexMode::filter;
  const auto result = run(with);
  EXPECT_NE(registry_.manifest("k8s/a", "1"), index.digest.to_string());
  EXPECT_EQ(registry_.manifest("k8s/b", "1"), whole.digest.to_string()) << "nothing is missing from it";
  EXPECT_EQ(registry_.manifest("k8s/a", index.digest.to_string()), "");
}

TEST_F(MirrorTest, OnlyTheWantedPlatforms) {
  maker_.two_platforms("ghcr.io/a:1", 1);
  const auto arm64 = maker_.manifest().images[0].manifests[1].descriptor;
  const auto single = maker_.image("amd64", {7});
  maker_.name("ghcr.io/single:1", single, {{"linux/amd64", single}});
  auto with = options();
  with.platforms = {*oci::Platform::parse("linux/arm64")};
  with.index = IndexMode::filter;
  const auto result = run(with);
  EXPECT_THAT(result.skipped, ::testing::ElementsAre("ghcr.io/single:1"));
  ASSERT_EQ(result.rows.size(), 1U);
  EXPECT_EQ(result.blobs_pushed, 3U);
  EXPECT_NE(registry_.manifest("k8s/a", arm64.digest.to_string()), "");
  EXPECT_FALSE(registry_.has_blob("k8s/a", crypto::Digest::of(bundle::testing_support::content(5000, 1)).to_string()));

  with.platforms = {*oci::Platform::parse("linux/s390x")};
  EXPECT_EQ(failure(with).code, ExitCode::usage);
}

TEST_F(MirrorTest, NestedIndexesAreRewrittenFromTheInside) {
  registry_.refuses_sparse = true;
  const auto amd64 = maker_.image("amd64", {1});
  const auto inner = maker_.index({{"amd64", amd64}}, {"s390x"});
  maker_.name("ghcr.io/nested:1", maker_.index({{"amd64", inner}}));
  const auto result = run(options());
  EXPECT_TRUE(result.verdict());
  ASSERT_EQ(result.rows.size(), 1U);
  EXPECT_EQ(result.rows[0].status, MirrorStatus::rewritten);
  const auto outer = oci::parse_index(as_byte_view(registry_.manifest_text("k8s/nested", "1")), k_index_type, "outer");
  ASSERT_TRUE(outer);
  EXPECT_NE(registry_.manifest("k8s/nested", outer->manifests[0].digest.to_string()), "");
}

TEST(IndexMode, Names) {
  EXPECT_EQ(*parse_index_mode("auto"), IndexMode::automatic);
  EXPECT_EQ(*parse_index_mode("keep"), IndexMode::keep);
  EXPECT_EQ(*parse_index_mode("filter"), IndexMode::filter);
  EXPECT_FALSE(parse_index_mode("sparse"));
}

}  // namespace
}  // namespace kubeferry::installer
