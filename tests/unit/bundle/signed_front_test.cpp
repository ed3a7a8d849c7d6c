// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/signed_front.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/bundle/bundle.hpp>

#include "sample.hpp"

namespace kubeferry::bundle {
namespace {

using namespace testing_support;
using testing::HasSubstr;

class SignedFrontTest : public testing::Test {
protected:
  SignedFrontTest() {
    write_sample(folder_ / "good", key_);
    good_ = file_text(folder_ / "good");
    const auto opened = Bundle::open(folder_ / "good", trust_);
    EXPECT_TRUE(opened);
    bundle_ = *opened;
    good_.resize(static_cast<std::size_t>(bundle_->front().header.payload_offset));
  }
  ExitCode judge(const std::string& text) {
    const auto front = verify_front(as_byte_view(text), trust_, "there");
    message_ = front ? "" : front.error().message;
    return front ? ExitCode::ok : front.error().code;
  }

  Folder folder_;
  crypto::PrivateKey key_ = crypto::PrivateKey::generate(crypto::KeyAlgorithm::ed25519).value();
  crypto::Keyset trust_ = crypto::Keyset::of(key_.public_key(), "test");
  std::string good_;
  std::shared_ptr<const Bundle> bundle_;
  std::string message_;
};

TEST_F(SignedFrontTest, SaysWhatTheBundleSays) {
  const auto front = verify_front(as_byte_view(good_), trust_, "there");
  ASSERT_TRUE(front) << front.error().message;
  EXPECT_EQ(front->manifest_digest, bundle_->manifest_digest());
  EXPECT_EQ(front->signers, bundle_->signers());
  EXPECT_EQ(to_text(front->manifest), to_text(bundle_->manifest()));
}

TEST_F(SignedFrontTest, IsWrittenAsItWasRead) {
  const auto bytes = front_bytes(bundle_->front());
  ASSERT_TRUE(bytes);
  EXPECT_EQ(as_text(*bytes), good_);
}

TEST_F(SignedFrontTest, NoByteMayDiffer) {
  for (std::size_t n = 0; n < good_.size(); n += n < 200 ? 1 : 97) {
    std::string text = good_;
    text[n] = static_cast<char>(text[n] ^ 1);
    EXPECT_NE(judge(text), ExitCode::ok) << n;
    EXPECT_THAT(message_, HasSubstr("there")) << n;
  }
}

TEST_F(SignedFrontTest, NeitherMoreNorLess) {
  EXPECT_EQ(judge(good_ + std::string(1, '\0')), ExitCode::format);
  EXPECT_THAT(message_, HasSubstr("1 bytes follow its front"));
  EXPECT_EQ(judge(good_.substr(0, good_.size() - 1)), ExitCode::format);
  EXPECT_EQ(judge(""), ExitCode::format);
}

TEST_F(SignedFrontTest, TheKeysAreTheCallers) {
  const auto other = crypto::PrivateKey::generate(crypto::KeyAlgorithm::ed25519).value();
  const auto front = verify_front(as_byte_view(good_), crypto::Keyset::of(other.public_key(), "other"), "there");
  ASSERT_FALSE(front);
  EXPECT_EQ(front.error().code, ExitCode::signature);
}

TEST_F(SignedFrontTest, HeaderAndManifestStateOneLength) {
  Header header = bundle_->front().header;
  header.payload_length += 1;
  const auto bytes = encode_front(header, bundle_->front().envelope, bundle_->front().manifest);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(judge(std::string(as_text(*bytes))), ExitCode::format);
  EXPECT_THAT(message_, HasSubstr("different lengths"));
}

}  // namespace
}  // namespace kubeferry::bundle
