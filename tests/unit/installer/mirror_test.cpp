// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mirror_fixture.hpp"

namespace kubeferry::installer {
namespace {

using namespace testing_support;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(MirrorTest, EverythingArrivesWithItsDigest) {
  const auto pause = maker_.two_platforms("registry.k8s.io/pause:3.10", 1).digest.to_string();
  const auto coredns = maker_.two_platforms("registry.k8s.io/coredns/coredns:v1", 3).digest.to_string();
  const auto files = maker_.image("amd64", {9});
  maker_.name_artifact("kubeferry.local/made/node-files:1", files);
  const auto result = run(options());
  EXPECT_TRUE(result.verdict());
  EXPECT_THAT(result.missing, IsEmpty());
  EXPECT_EQ(registry_.manifest("k8s/pause", "3.10"), pause);
  EXPECT_EQ(registry_.manifest("k8s/coredns/coredns", "v1"), coredns);
  EXPECT_EQ(registry_.manifest("k8s/coredns", "v1"), coredns);
  EXPECT_EQ(registry_.manifest("k8s/kubeferry/made/node-files", "1"), files.digest.to_string());
  ASSERT_EQ(result.rows.size(), 4U);
  EXPECT_EQ(result.rows[0].source, "registry.k8s.io/pause:3.10");
  EXPECT_EQ(result.rows[0].target, registry_.authority() + "/k8s/pause:3.10");
  EXPECT_EQ(result.rows[0].status, MirrorStatus::copied);
  EXPECT_EQ(result.rows[0].target_digest.to_string(), pause);
  EXPECT_FALSE(result.rows[1].second_name);
  EXPECT_TRUE(result.rows[2].second_name);
  EXPECT_EQ(result.kubernetes, "v1.34.2");
}

TEST_F(MirrorTest, TheBundleItselfArrivesToo) {
  maker_.two_platforms("registry.k8s.io/pause:3.10", 1);
  auto with = options();
  with.bundles = Bundles::too;
  with.dry_run = DryRun::yes;
  const std::string tag = bundle()->manifest_digest().hex();
  EXPECT_FALSE(run(with).missing.empty());
  EXPECT_EQ(registry_.manifest("k8s/kubeferry/bundle", tag), "");
  with.dry_run = DryRun::no;
  const auto result = run(with);
  EXPECT_TRUE(result.verdict());
  EXPECT_NE(registry_.manifest("k8s/kubeferry/bundle", tag), "");
  for (const auto& chunk : bundle()->manifest().chunks) {
    EXPECT_TRUE(registry_.has_blob("k8s/kubeferry/bundle", chunk.to_string()));
  }
  registry_.forget_requests();
  const auto again = run(with);
  EXPECT_THAT(again.missing, IsEmpty());
  EXPECT_EQ(again.bytes_pushed, 0U);
  EXPECT_EQ(registry_.requests("PUT") + registry_.requests("POST"), 0U);
}

TEST_F(MirrorTest, EachBlobIsSentOnceAndMountedElsewhere) {
  maker_.two_platforms("registry.k8s.io/a:1", 1);
  maker_.two_platforms("registry.k8s.io/b:1", 3);
  const auto result = run(options());
  // Four images with a configuration and a layer each, and a layer that all share.
  EXPECT_EQ(result.blobs_pushed, 9U);
  EXPECT_EQ(registry_.uploads(), 9U);
  EXPECT_EQ(result.blobs_mounted, 1U);
  EXPECT_EQ(result.bytes_mounted, 5000U);
  const auto shared = crypto::Digest::of(bundle::testing_support::content(5000, 1000)).to_string();
  EXPECT_TRUE(registry_.has_blob("k8s/a", shared));
  EXPECT_TRUE(registry_.has_blob("k8s/b", shared));
}

// docker-registry 2.8 writes in place what is put, and answers 400 to who reads it meanwhile.
TEST_F(MirrorTest, AManifestThatImagesShareIsPutOnceAtATime) {
  const auto shared = maker_.image("amd64", {1});
  for (unsigned n = 0; n < 6; ++n) {
    const auto own = maker_.image("arm64", {10 + n});
    const auto index = maker_.index({{"amd64", shared}, {"arm64", own}});
    const std::string repository = n < 4 ? "same" : fmt::format("other{}", n);
    maker_.name(fmt::format("registry.k8s.io/{}:{}", repository, n), index,
                {{"linux/amd64", shared}, {"linux/arm64", own}});
  }
  auto wanted = options();
  wanted.jobs = 8;
  const auto result = run(wanted);
  EXPECT_TRUE(result.verdict());
  EXPECT_EQ(registry_.manifest_puts(shared.digest.to_string()), 3U) << "once for each repository";
  EXPECT_EQ(registry_.overlapping_puts(), 0U);
}

TEST_F(MirrorTest, ARefusedMountIsAnUpload) {
  registry_.refuses_mounts = true;
  maker_.two_platforms("registry.k8s.io/a:1", 1);
  maker_.two_platforms("registry.k8s.io/b:1", 3);
  const auto result = run(options());
  EXPECT_EQ(result.blobs_mounted, 0U);
  EXPECT_EQ(result.blobs_pushed, 10U);
  EXPECT_TRUE(result.verdict());
}

TEST_F(MirrorTest, ASecondRunAsksAndSendsNothing) {
  maker_.two_platforms("registry.k8s.io/a:1", 1);
  maker_.two_platforms("registry.k8s.io/coredns:1", 3);
  run(options());
  registry_.forget_requests();
  const auto result = run(options());
  EXPECT_EQ(registry_.requests("POST") + registry_.requests("PUT") + registry_.requests("GET"), 0U);
  EXPECT_GT(registry_.requests("HEAD"), 0U);
  EXPECT_EQ(result.blobs_pushed + result.blobs_mounted + result.manifests_pushed, 0U);
  for (const auto& row : result.rows) {
    EXPECT_EQ(row.status, MirrorStatus::present);
  }
}

TEST_F(MirrorTest, OnlyWhatIsMissingIsSentAgain) {
  maker_.two_platforms("registry.k8s.io/a:1", 1);
  run(options());
  const auto layer = crypto::Digest::of(bundle::testing_support::content(5000, 2)).to_string();
  registry_.drop_blob("k8s/a", layer);
  registry_.forget_requests();
  const auto result = run(options());
  EXPECT_EQ(result.blobs_pushed, 1U);
  EXPECT_EQ(registry_.uploads(), 1U);
  EXPECT_TRUE(registry_.has_blob("k8s/a", layer));
}

TEST_F(MirrorTest, LargeBlobsCrossChunksAndFramesUnharmed) {
  maker_.name("ghcr.io/large:1", maker_.image("amd64", {1, 2}, 5'000'003));
  const auto result = run(options());  // the registry checks the digests
  EXPECT_TRUE(result.verdict());
  EXPECT_EQ(result.blobs_pushed, 3U);
}

TEST_F(MirrorTest, ImagesNamedByDigestGetNoTag) {
  const auto single = maker_.image("amd64", {1});
  maker_.name("ghcr.io/a@" + single.digest.to_string(), single);
  const auto result = run(options());
  ASSERT_EQ(result.rows.size(), 1U);
  EXPECT_EQ(result.rows[0].target, registry_.authority() + "/k8s/a@" + single.digest.to_string());
  EXPECT_EQ(registry_.manifest("k8s/a", single.digest.to_string()), single.digest.to_string());
  EXPECT_EQ(registry_.manifest("k8s/a", "latest"), "");
}

TEST_F(MirrorTest, ADryRunWritesNothing) {
  maker_.two_platforms("ghcr.io/a:1", 1);
  auto with = options();
  with.dry_run = DryRun::yes;
  const auto result = run(with);
  EXPECT_EQ(registry_.requests("PUT") + registry_.requests("POST") + registry_.requests("GET"), 0U);
  EXPECT_EQ(result.rows.size(), 1U);
  EXPECT_EQ(result.missing.size(), 5U + 3U) << "blobs and manifests";
  EXPECT_TRUE(result.verdict());
  run(options());
  EXPECT_THAT(run(with).missing, IsEmpty());
}

TEST_F(MirrorTest, AMovedTagIsReported) {
  const auto before = maker_.two_platforms("ghcr.io/a:1", 1).digest.to_string();
  run(options());
  maker_ = BundleMaker();
  bundle_ = nullptr;
  std::filesystem::remove(folder_ / "bundle");
  const auto after = maker_.two_platforms("ghcr.io/a:1", 5).digest.to_string();
  run(options());
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], HasSubstr(before));
  EXPECT_EQ(registry_.manifest("k8s/a", "1"), after);
}

TEST_F(MirrorTest, ARegistryThatLosesABlobIsFoundOut) {
  maker_.two_platforms("ghcr.io/a:1", 1);
  maker_.two_platforms("ghcr.io/b:1", 5);
  const auto lost = crypto::Digest::of(bundle::testing_support::content(5000, 2)).to_string();
  registry_.loses = {lost};
  const auto result = run(options());
  ASSERT_EQ(result.missing.size(), 1U);
  EXPECT_EQ(result.missing[0].name, registry_.authority() + "/k8s/a@" + lost);
  const Status verdict = result.verdict();
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, ExitCode::integrity);
}

TEST_F(MirrorTest, ARegistryThatShortensABlobIsFoundOut) {
  maker_.two_platforms("ghcr.io/a:1", 1);
  registry_.truncates = {crypto::Digest::of(bundle::testing_support::content(5000, 2)).to_string()};
  const auto result = run(options());
  ASSERT_EQ(result.missing.size(), 1U);
  EXPECT_THAT(result.missing[0].reason, HasSubstr("4999 bytes there instead of 5000"));
  EXPECT_EQ(result.verdict().error().code, ExitCode::integrity);
}

TEST_F(MirrorTest, ARegistryThatLosesAManifestIsFoundOut) {
  const auto index = maker_.two_platforms("ghcr.io/a:1", 1).digest.to_string();
  registry_.loses = {index};
  const auto result = run(options());
  ASSERT_EQ(result.missing.size(), 1U);
  EXPECT_EQ(result.missing[0].name, registry_.authority() + "/k8s/a:1");
  EXPECT_FALSE(result.verdict());
}

TEST_F(MirrorTest, WhatFailsDoesNotKeepTheRestFromArriving) {
  maker_.two_platforms("ghcr.io/a:1", 1);
  const auto whole = maker_.two_platforms("ghcr.io/b:1", 5).digest.to_string();
  const auto bad = crypto::Digest::of(bundle::testing_support::content(5000, 2)).to_string();
  registry_.rejects = {bad};
  const auto result = run(options());
  EXPECT_EQ(registry_.manifest("k8s/b", "1"), whole);
  EXPECT_EQ(registry_.manifest("k8s/a", "1"), "") << "no manifest without its blobs";
  ASSERT_EQ(result.rows.size(), 1U);
  ASSERT_EQ(result.missing.size(), 2U);
  EXPECT_THAT(result.missing[0].name, HasSubstr(bad));
  EXPECT_EQ(result.verdict().error().code, ExitCode::network);

  registry_.rejects.clear();
  const auto again = run(options());
  EXPECT_TRUE(again.verdict());
  EXPECT_EQ(again.blobs_pushed, 1U);
}

TEST_F(MirrorTest, ADamagedBundleEndsTheRun) {
  maker_.name("ghcr.io/a:1", maker_.image("amd64", {1}, 3 << 20));
  const auto opened = bundle();
  const auto digest = crypto::Digest::of(bundle::testing_support::content(3 << 20, 1));
  const auto span = (*opened->content(digest))->stored_span(2 << 20);
  const auto file = open_file(folder_ / "bundle", O_RDWR);
  ASSERT_TRUE(
      write_all_at(file->get(), opened->payload().file_offset() + span->payload_offset, bytes_of("damage"), "b"));
  EXPECT_EQ(failure(options()).code, ExitCode::integrity);
  EXPECT_FALSE(registry_.has_blob("k8s/a", digest.to_string()));
}

TEST_F(MirrorTest, CollidingNamesAreRefusedBeforeAnythingIsSent) {
  maker_.two_platforms("ghcr.io/a:1", 1);
  maker_.two_platforms("quay.io/a:1", 5);
  EXPECT_EQ(failure(options()).code, ExitCode::usage);
  EXPECT_EQ(registry_.requests("HEAD"), 0U);
  auto with = options();
  with.paths.keep_host = KeepHost::yes;
  run(with);
  EXPECT_NE(registry_.manifest("k8s/ghcr.io/a", "1"), "");
  EXPECT_NE(registry_.manifest("k8s/quay.io/a", "1"), "");
}

TEST_F(MirrorTest, ProgressReachesItsTotalAndNoMore) {
  maker_.two_platforms("ghcr.io/a:1", 1);
  maker_.two_platforms("ghcr.io/b:1", 5);
  Progress progress("mirroring", 0, ProgressMode::silent);
  auto with = options();
  with.progress = &progress;
  const auto result = run(with);
  EXPECT_EQ(progress.done(), result.bytes_pushed);
}

TEST_F(MirrorTest, StopsWhenAsked) {
  maker_.two_platforms("ghcr.io/a:1", 1);
  std::stop_source stop;
  stop.request_stop();
  auto with = options();
  with.stop = stop.get_token();
  EXPECT_EQ(failure(with).code, ExitCode::interrupted);
}

TEST_F(MirrorTest, ADeltaFindsItsBlobsInTheOtherBundle) {
  maker_.two_platforms("ghcr.io/a:1", 1);
  BundleMaker base;
  const auto b = base.two_platforms("ghcr.io/b:1", 5).digest.to_string();
  const auto result = mirror({bundle(), base.write(folder_, "base")}, options());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->rows.size(), 2U);
  EXPECT_EQ(registry_.manifest("k8s/b", "1"), b);
}

}  // namespace
}  // namespace kubeferry::installer
