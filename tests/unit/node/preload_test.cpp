// SPDX-License-Identifier: Apache-2.0
#include "preload.hpp"

#include <fcntl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/process.hpp>

#include "bundle_maker.hpp"

namespace kubeferry::node {
namespace {

using installer::testing_support::BundleMaker;
using installer::testing_support::Folder;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class PreloadTest : public ::testing::Test {
protected:
  PreloadTest() {
    maker_.two_platforms("registry.k8s.io/pause:3.10", 1);
    bundle_ = maker_.write(folder_, "bundle");
    const auto& row = bundle_->manifest().images.front();
    wanted_ = {row.reference, row.descriptor.digest, row.manifests.front().descriptor.digest, "amd64"};
  }

  /// What tar sees in the archive.
  std::vector<std::string> names() {
    const std::string path = folder_ / "layout.tar";
    {
      const auto fd = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
      EXPECT_TRUE(fd);
      FdSink sink(fd->get(), path);
      const Status written = write_layout(*source::local(bundle_), wanted_, sink);
      EXPECT_TRUE(written) << written.error().message;
    }
    const auto listed = run({.argv = {"tar", "-tf", path}});
    EXPECT_TRUE(listed && listed->exit_status == 0);
    std::vector<std::string> out;
    for (const auto line : split(listed->out, '\n')) {
      out.emplace_back(line);
    }
    return out;
  }

  Folder folder_;
  BundleMaker maker_;
  std::shared_ptr<const bundle::Bundle> bundle_;
  runtime::WantedImage wanted_;
};

std::string blob(const crypto::Digest& digest) { return "blobs/sha256/" + digest.hex(); }

TEST_F(PreloadTest, TheArchiveIsALayoutOfThisPlatform) {
  const auto found = names();
  const auto& row = bundle_->manifest().images.front();
  EXPECT_THAT(found, Contains("oci-layout"));
  EXPECT_THAT(found, Contains("index.json"));
  EXPECT_THAT(found, Contains(blob(row.descriptor.digest)));
  EXPECT_THAT(found, Contains(blob(row.manifests[0].descriptor.digest)));
  EXPECT_THAT(found, Not(Contains(blob(row.manifests[1].descriptor.digest))));
  const auto index = run({.argv = {"tar", "-xOf", folder_ / "layout.tar", "index.json"}});
  ASSERT_TRUE(index);
  EXPECT_THAT(index->out, HasSubstr(R"("io.containerd.image.name":"registry.k8s.io/pause:3.10")"));
}

TEST_F(PreloadTest, WhatTheBundleDoesNotNameIsRefused) {
  wanted_.platform_digest = crypto::Digest::of(as_byte_view("something else"));
  const auto fd = open_file(folder_ / "layout.tar", O_WRONLY | O_CREAT, 0600);
  ASSERT_TRUE(fd);
  FdSink sink(fd->get(), "layout.tar");
  const Status written = write_layout(*source::local(bundle_), wanted_, sink);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ExitCode::integrity);
}

}  // namespace
}  // namespace kubeferry::node
