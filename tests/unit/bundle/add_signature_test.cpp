// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/add_signature.hpp>

#include <gtest/gtest.h>

#include <kubeferry/bundle/bundle.hpp>

#include "sample.hpp"

namespace kubeferry::bundle {
namespace {

using namespace testing_support;

crypto::PrivateKey new_key(crypto::KeyAlgorithm algorithm = crypto::KeyAlgorithm::ed25519) {
  return *crypto::PrivateKey::generate(algorithm);
}

NewSignature signature_by(const crypto::PrivateKey& key, const Signable& signable) {
  return {key.public_key(), *key.sign(signable.pae)};
}

class AddSignature : public ::testing::Test {
protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(write_sample(path(), first_)); }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "bundle"; }

  Folder folder_;
  crypto::PrivateKey first_ = new_key();
};

TEST_F(AddSignature, MakesTwoOfTwoHold) {
  const auto second = new_key(crypto::KeyAlgorithm::ecdsa_p256);
  const auto both = crypto::Keyset::create(
      {.version = 1, .threshold = 2, .keys = {{"one", first_.public_key()}, {"two", second.public_key()}}});
  ASSERT_TRUE(both);
  EXPECT_EQ(Bundle::open(path(), *both).error().code, ExitCode::signature);

  const auto signable = read_signable(path());
  ASSERT_TRUE(signable);
  EXPECT_EQ(signable->manifest.name, "sample");
  const std::string before = file_text(path());
  ASSERT_TRUE(add_signature(path(), path(), signature_by(second, *signable), {}));

  const auto opened = Bundle::open(path(), *both);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ((*opened)->signers().size(), 2U);
  EXPECT_EQ((*opened)->manifest_digest(), signable->manifest_digest);
  const auto payload = static_cast<std::size_t>((*opened)->front().header.payload_offset);
  const std::string after = file_text(path());
  EXPECT_EQ(after.size(), before.size());
  EXPECT_EQ(after.substr(payload), before.substr(payload));
}

TEST_F(AddSignature, ReplacesOneOfTheSameKey) {
  const std::string before = file_text(path());
  ASSERT_TRUE(add_signature(path(), path(), signature_by(first_, *read_signable(path())), {}));
  EXPECT_EQ(file_text(path()), before);
}

TEST_F(AddSignature, RefusesWhatIsNoSignatureOfThisBundle) {
  const auto second = new_key();
  const std::string before = file_text(path());
  NewSignature wrong{second.public_key(), *second.sign(as_byte_view("something else"))};
  const auto refused = add_signature(path(), path(), wrong, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::signature);
  // Another key's signature of the right bytes is none of this key.
  wrong.signature = *first_.sign(read_signable(path())->pae);
  EXPECT_EQ(add_signature(path(), path(), wrong, {}).error().code, ExitCode::signature);
  EXPECT_EQ(file_text(path()), before);
}

TEST_F(AddSignature, WritesToAnotherFileButNeverOverOne) {
  const auto second = new_key();
  const auto added = signature_by(second, *read_signable(path()));
  const std::string before = file_text(path());
  ASSERT_TRUE(add_signature(path(), folder_ / "signed", added, {}));
  EXPECT_EQ(file_text(path()), before);
  EXPECT_TRUE(Bundle::open(folder_ / "signed", crypto::Keyset::of(second.public_key(), "two")));
  EXPECT_EQ(add_signature(path(), folder_ / "signed", added, {}).error().code, ExitCode::usage);
}

TEST_F(AddSignature, StopsAtSixteen) {
  for (int n = 0; n < 15; ++n) {
    const auto key = new_key();
    ASSERT_TRUE(add_signature(path(), path(), signature_by(key, *read_signable(path())), {}));
  }
  const auto key = new_key();
  EXPECT_EQ(add_signature(path(), path(), signature_by(key, *read_signable(path())), {}).error().code, ExitCode::limit);
}

TEST_F(AddSignature, RefusesACutBundle) {
  const std::string text = file_text(path());
  write_text(folder_ / "cut", text.substr(0, text.size() - 1));
  EXPECT_EQ(read_signable(folder_ / "cut").error().code, ExitCode::format);
}

TEST_F(AddSignature, LeavesNothingWhenStopped) {
  std::stop_source source;
  source.request_stop();
  const auto stopped =
      add_signature(path(), folder_ / "new", signature_by(first_, *read_signable(path())), source.get_token());
  EXPECT_EQ(stopped.error().code, ExitCode::interrupted);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

}  // namespace
}  // namespace kubeferry::bundle
