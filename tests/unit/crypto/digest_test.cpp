// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/digest.hpp>

#include <unordered_set>

#include <gtest/gtest.h>

namespace kubeferry::crypto {
namespace {

// FIPS 180-4's own examples for "abc".
constexpr const char* k_abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* k_abc_512 =
    "sha512:"
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce"
    "80e2a9ac94fa54ca49f";

TEST(Digest, IsOfTheContent) {
  EXPECT_EQ(Digest::of(as_byte_view("abc")).to_string(), k_abc);
  EXPECT_EQ(Digest::of(as_byte_view("abc"), HashAlgorithm::sha512).to_string(), k_abc_512);
  EXPECT_EQ(Digest::of({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, ParsesWhatItWrites) {
  for (const char* const text : {k_abc, k_abc_512}) {
    const auto digest = Digest::parse(text);
    ASSERT_TRUE(digest) << text;
    EXPECT_EQ(digest->to_string(), text);
  }
  EXPECT_EQ(*Digest::parse(k_abc), Digest::of(as_byte_view("abc")));
}

// SECURITY.md M45.
TEST(Digest, RefusesEverythingElse) {
  const std::string hex(64, 'a');
  const std::vector<std::string> bad = {
      "",
      "sha256",
      "sha256:",
      hex,
      "sha256:" + hex.substr(1),
      "sha256:" + hex + "a",
      "sha256:" + std::string(64, 'A'),
      "SHA256:" + hex,
      "md5:" + hex.substr(0, 32),
      "sha512:" + hex,
      "sha256:" + hex + hex,
      "sha256:../../../../../../etc/passwd",
      "sha256:" + std::string(63, 'a') + "/",
      "sha256:" + std::string(63, 'a') + "\n",
      " sha256:" + hex,
      "sha256: " + hex.substr(1),
      "sha256:" + std::string(62, 'a') + "\xd9\xa1",  // an Arabic digit
      "sha256:" + std::string(63, 'a') + std::string(1, '\0'),
      "sha256+b64u:" + hex,
  };
  for (const std::string& text : bad) {
    const auto digest = Digest::parse(text);
    ASSERT_FALSE(digest) << text;
    EXPECT_EQ(digest.error().code, ExitCode::format) << text;
  }
}

TEST(Digest, FromBytesWantsTheRightLength) {
  const Bytes bytes(32, std::byte{7});
  EXPECT_TRUE(Digest::from_bytes(HashAlgorithm::sha256, bytes));
  EXPECT_FALSE(Digest::from_bytes(HashAlgorithm::sha512, bytes));
  EXPECT_FALSE(Digest::from_bytes(HashAlgorithm::sha256, ByteView(bytes).first(31)));
}

TEST(Digest, OrdersLikeItsText) {
  const Digest a = Digest::of(as_byte_view("a"));
  const Digest b = Digest::of(as_byte_view("b"));
  const Digest long_a = Digest::of(as_byte_view("a"), HashAlgorithm::sha512);
  EXPECT_EQ(a < b, a.to_string() < b.to_string());
  EXPECT_LT(a, long_a);
  EXPECT_NE(a, b);
  EXPECT_EQ((std::unordered_set<Digest>{a, b, a}).size(), 2U);
}

}  // namespace
}  // namespace kubeferry::crypto
