// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/preflight/question.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixture.hpp"
#include "sample.hpp"

namespace kubeferry::preflight {
namespace {

using bundle::testing_support::Folder;
using bundle::testing_support::make_sample;
using bundle::testing_support::write_all_rows;

class Questions : public ::testing::Test {
protected:
  /// The sample: an image of two platforms, two files for amd64, of 100 bytes and 9 MiB.
  Questions() {
    auto sample = make_sample();
    auto& manifest = sample.plan.manifest;
    manifest.kubernetes = "v1.34.2";
    manifest.files[0].component = "containerd";
    manifest.files[0].path = "/usr/local/bin/containerd";
    manifest.files[0].source =
        "https://github.com/containerd/containerd/releases/download/v1.7.28/"
        "containerd-static-1.7.28-linux-amd64.tar.gz";
    manifest.files[1].component = "runc";
    manifest.files[1].path = "/usr/local/sbin/runc";
    manifest.files[1].source = "/home/somebody/runc";
    auto writer = bundle::Writer::open(folder_ / "bundle", sample.plan).value();
    EXPECT_TRUE(write_all_rows(*writer, sample, key_));
    bundle_ = bundle::Bundle::open(folder_ / "bundle", crypto::Keyset::of(key_.public_key(), "site")).value();
  }
  Folder folder_;
  crypto::PrivateKey key_ = crypto::PrivateKey::generate(crypto::KeyAlgorithm::ed25519).value();
  std::shared_ptr<const bundle::Bundle> bundle_;
};

TEST_F(Questions, OfABundle) {
  const auto question = question_for(*bundle_, Role::init, "linux/amd64").value();
  ASSERT_TRUE(question.bundle);
  EXPECT_EQ(question.minor(), 34U);
  EXPECT_EQ(question.bundle->created, bundle_->manifest().created);
  EXPECT_EQ(question.bundle->containerd, "1.7.28");
  EXPECT_EQ(question.bundle->runc, "");
  EXPECT_TRUE(question.brings("containerd") && question.brings("runc"));
  EXPECT_FALSE(question.brings("kubelet"));
  EXPECT_EQ(question.needs.at("/usr/local/bin").bytes, 100U);
  EXPECT_EQ(question.needs.at("/usr/local/bin").inodes, 1U);
  EXPECT_EQ(question.needs.at("/usr/local/sbin").bytes, std::uint64_t{9} << 20);
  // Layers of 1, 131072 and 3000000 bytes, a manifest and a configuration: 4.5 times that.
  EXPECT_GT(question.needs.at("/var/lib/containerd").bytes, (1 + 131072 + 3000000) * std::uint64_t{9} / 2);
  EXPECT_LT(question.needs.at("/var/lib/containerd").bytes, (1 + 131072 + 3010000) * std::uint64_t{9} / 2);
  EXPECT_EQ(question.needs.at("/var/lib/containerd").inodes, 1500U);
  EXPECT_TRUE(question.needs.contains("/var/lib/etcd"));
}

TEST_F(Questions, OfAnotherPlatform) {
  const auto question = question_for(*bundle_, Role::worker, "linux/arm64").value();
  EXPECT_TRUE(question.bundle->files.empty());
  EXPECT_FALSE(question.needs.contains("/usr/local/bin") || question.needs.contains("/var/lib/etcd"));
  EXPECT_TRUE(question.needs.contains("/var/lib/containerd"));
}

TEST_F(Questions, OfAPlatformThatIsNotThere) {
  const auto question = question_for(*bundle_, Role::init, "linux/s390x").value();
  EXPECT_TRUE(question.needs.empty());
  EXPECT_EQ(question.bundle->platforms.size(), 2U);
  EXPECT_TRUE(question_for(*bundle_, Role::init, "").value().needs.empty());
}

TEST(Question, WhatIsOurs) {
  Question question;
  question.ours = {"/etc/kubernetes", "/usr/bin/kubelet"};
  EXPECT_TRUE(question.is_ours("/etc/kubernetes") && question.is_ours("/etc/kubernetes/admin.conf"));
  EXPECT_TRUE(question.is_ours("/usr/bin/kubelet"));
  EXPECT_FALSE(question.is_ours("/etc/kubernetes.old") || question.is_ours("/etc") ||
               question.is_ours("/usr/bin/kubelet2"));
}

TEST(Question, NeedsAddUpWithoutOverflow) {
  Question question;
  question.add_need("/etc", UINT64_MAX, 1);
  question.add_need("/etc", 2, 3);
  EXPECT_EQ(question.needs.at("/etc").bytes, UINT64_MAX);
  EXPECT_EQ(question.needs.at("/etc").inodes, 4U);
}

TEST(Question, MinorNeedsAVersion) {
  Question question;
  EXPECT_FALSE(question.minor());
  question.bundle = BundleFacts();
  EXPECT_FALSE(question.minor());
  question.bundle->kubernetes = "v1.37.0-rc.0";
  EXPECT_EQ(question.minor(), 37U);
}

}  // namespace
}  // namespace kubeferry::preflight
