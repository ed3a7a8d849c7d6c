// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/writer.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <random>

#include <kubeferry/base/process.hpp>
#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/bundle/verify.hpp>

#include "sample.hpp"

namespace kubeferry::bundle {
namespace {

using namespace testing_support;

class WriterTest : public testing::Test {
protected:
  Folder folder_;
  crypto::PrivateKey key_ = *crypto::PrivateKey::generate(crypto::KeyAlgorithm::ed25519);
  crypto::Keyset trust_ = crypto::Keyset::of(key_.public_key(), "site");
};

TEST_F(WriterTest, WhatWasWrittenIsReadBack) {
  write_sample(folder_ / "a", key_);
  const auto bundle = Bundle::open(folder_ / "a", trust_);
  ASSERT_TRUE(bundle) << bundle.error().message;
  const Status verified = verify(**bundle, Depth::blobs, 2, nullptr, {});
  EXPECT_TRUE(verified) << verified.error().message;
  const Sample sample = make_sample();
  for (std::size_t n = 2; n < sample.contents.size(); ++n) {
    const auto bytes = (*bundle)->read(sample.plan.rows[n].digest, 1 << 30);
    ASSERT_TRUE(bytes) << bytes.error().message;
    EXPECT_EQ(*bytes, sample.contents[n]) << n;
  }
}

TEST_F(WriterTest, TheSameBytesOnEveryArchitecture) {
  // The secret key of RFC 8032, 7.1, test 1, as PKCS #8: an Ed25519 signature has no random part.
  write_text(folder_ / "key",
             "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
             "-----END PRIVATE KEY-----\n");
  ::chmod((folder_ / "key").c_str(), 0600);
  const auto key = crypto::read_private_key(folder_ / "key");
  ASSERT_TRUE(key) << key.error().message;
  write_sample(folder_ / "a", *key);
  const std::string bytes = file_text(folder_ / "a");
  EXPECT_EQ(crypto::Digest::of(as_byte_view(bytes)).to_string(),
            "sha256:03b7ca70df2012b221c1fcc85d083938d31d7dcc6f48578c8c56c2747fbde2bf");
}

TEST_F(WriterTest, StockToolsReadIt) {
  write_sample(folder_ / "a", key_);
  const auto test = run({.argv = {"zstd", "-t", "-q", folder_ / "a"}});
  ASSERT_TRUE(test) << test.error().message;
  EXPECT_EQ(test->exit_status, 0) << test->err;
  const auto unpack = run({.argv = {"tar", "--zstd", "-xf", folder_ / "a", "-C", folder_.path()}});
  ASSERT_TRUE(unpack);
  EXPECT_EQ(unpack->exit_status, 0) << unpack->err;
  const Sample sample = make_sample();
  for (std::size_t n = 0; n < sample.contents.size(); ++n) {
    EXPECT_EQ(file_text(folder_.path() / sample.plan.rows[n].tar_name()), as_text(sample.contents[n])) << n;
  }
}

TEST_F(WriterTest, SamePlanSameBytes) {
  write_sample(folder_ / "a", key_);
  write_sample(folder_ / "b", key_);
  EXPECT_EQ(file_text(folder_ / "a"), file_text(folder_ / "b"));
}

TEST_F(WriterTest, GoesOnWhereItWasLeft) {
  write_sample(folder_ / "whole", key_);
  const std::string whole = file_text(folder_ / "whole");
  const Sample sample = make_sample();
  std::mt19937 random(1);
  for (int round = 0; round < 8; ++round) {
    // Some rows whole, one in the middle, then the writer goes without a word, as a killed process does.
    const std::filesystem::path path = folder_ / fmt::format("r{}", round);
    for (int part = 0; part < 3; ++part) {
      auto writer = Writer::open(path, sample.plan);
      ASSERT_TRUE(writer) << writer.error().message;
      const std::size_t row = 3 + random() % (sample.plan.fixed - 3);
      if (!(*writer)->complete(row)) {
        auto slot = (*writer)->raw(row);
        ASSERT_TRUE(slot);
        const ByteView rest = ByteView(sample.contents[row]).subspan(static_cast<std::size_t>((*slot)->received()));
        ASSERT_TRUE((*slot)->write(rest.first(random() % (rest.size() + 1))));
        if (random() % 2 == 0) {
          ASSERT_TRUE((*slot)->restart());
        }
      }
      if (part == 1 && !(*writer)->complete(sample.plan.fixed)) {
        MemorySource source(sample.contents[sample.plan.fixed]);
        ASSERT_TRUE((*writer)->put(sample.plan.fixed, source, 2));
      }
    }
    auto writer = Writer::open(path, sample.plan);
    ASSERT_TRUE(writer);
    EXPECT_TRUE((*writer)->complete(sample.plan.fixed));
    const auto digest = write_all_rows(**writer, sample, key_);
    ASSERT_TRUE(digest) << digest.error().message;
    EXPECT_EQ(file_text(path), whole) << round;
    EXPECT_FALSE(std::filesystem::exists(path.native() + ".partial"));
    EXPECT_FALSE(std::filesystem::exists(path.native() + ".partial.journal"));
  }
}

TEST_F(WriterTest, FindsOutWhenTheDiskLostWhatTheJournalPromises) {
  const Sample sample = make_sample();
  const std::size_t row = sample.plan.fixed - 1;
  {
    auto writer = Writer::open(folder_ / "a", sample.plan);
    ASSERT_TRUE(writer);
    auto slot = (*writer)->raw(row);
    ASSERT_TRUE(slot);
    ASSERT_TRUE((*slot)->write(sample.contents[row]));
    ASSERT_TRUE((*slot)->finish());
  }
  std::string partial = file_text(folder_ / "a.partial");
  partial[partial.size() - 100] = static_cast<char>(partial[partial.size() - 100] ^ 1);
  write_text(folder_ / "a.partial", partial);
  auto writer = Writer::open(folder_ / "a", sample.plan);
  ASSERT_TRUE(writer);
  auto slot = (*writer)->raw(row);
  ASSERT_TRUE(slot);
  EXPECT_EQ((*slot)->received(), sample.contents[row].size());
  EXPECT_EQ((*slot)->finish().error().code, ExitCode::integrity);
  EXPECT_EQ((*slot)->received(), 0U);
  ASSERT_TRUE((*slot)->write(sample.contents[row]));
  ASSERT_TRUE((*slot)->finish());
  ASSERT_TRUE(write_all_rows(**writer, sample, key_));
  const auto bundle = Bundle::open(folder_ / "a", trust_);
  ASSERT_TRUE(bundle);
  EXPECT_TRUE(verify(**bundle, Depth::blobs, 2, nullptr, {}));
}

TEST_F(WriterTest, RefusesContentThatIsNotWhatThePlanSays) {
  const Sample sample = make_sample();
  auto writer = Writer::open(folder_ / "a", sample.plan);
  ASSERT_TRUE(writer);
  auto slot = (*writer)->raw(9);
  ASSERT_TRUE(slot);
  EXPECT_EQ((*slot)->write(Bytes(sample.contents[9].size() + 1)).error().code, ExitCode::integrity);
  ASSERT_TRUE((*slot)->write(Bytes(sample.contents[9].size())));
  EXPECT_EQ((*slot)->finish().error().code, ExitCode::integrity);
  const Bytes zeros(sample.contents[sample.plan.fixed].size());
  MemorySource wrong(zeros);
  EXPECT_EQ((*writer)->put(sample.plan.fixed, wrong, 2).error().code, ExitCode::integrity);
  EXPECT_FALSE((*writer)->complete(sample.plan.fixed));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a"));
  // A mistake in one attempt does not spoil the next.
  ASSERT_TRUE(write_all_rows(**writer, sample, key_));
}

TEST_F(WriterTest, OneWriterAtATime) {
  const Sample sample = make_sample();
  auto writer = Writer::open(folder_ / "a", sample.plan);
  ASSERT_TRUE(writer);
  EXPECT_EQ(Writer::open(folder_ / "a", sample.plan).error().code, ExitCode::locked);
}

TEST_F(WriterTest, AnotherPlanStartsAnew) {
  const Sample sample = make_sample();
  {
    auto writer = Writer::open(folder_ / "a", sample.plan);
    ASSERT_TRUE(writer);
    auto slot = (*writer)->raw(9);
    ASSERT_TRUE((*slot)->write(sample.contents[9]));
    ASSERT_TRUE((*slot)->finish());
  }
  auto writer = Writer::open(folder_ / "a", make_sample(8).plan);
  ASSERT_TRUE(writer);
  EXPECT_EQ((*(*writer)->raw(9))->received(), 0U);
}

}  // namespace
}  // namespace kubeferry::bundle
