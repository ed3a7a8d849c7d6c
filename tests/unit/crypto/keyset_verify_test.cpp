// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <kubeferry/crypto/keyset.hpp>

namespace kubeferry::crypto {
namespace {

constexpr std::string_view k_type = "application/vnd.kubeferry.manifest.v1+json";
constexpr std::string_view k_payload = R"({"a":"manifest"})";

PrivateKey new_key(KeyAlgorithm algorithm = KeyAlgorithm::ed25519) {
  return std::move(PrivateKey::generate(algorithm).value());
}

// M04, M05, M06, M07, M08 and M09, with two of three keys needed.
class TwoOfThree : public testing::Test {
protected:
  TwoOfThree()
      : keyset_(Keyset::create({.version = 1,
                                .threshold = 2,
                                .keys = {{"alice", alice_.public_key()},
                                         {"bob", bob_.public_key()},
                                         {"carol", carol_.public_key()},
                                         {"mallory", revoked_.public_key()}},
                                .revoked = {revoked_.public_key().key_id()}})
                    .value()) {}

  static EnvelopeSignature by(const PrivateKey& key, std::string_view payload = k_payload,
                              std::string_view type = k_type) {
    return {key.public_key().key_id(), key.sign(pae(type, as_byte_view(payload))).value()};
  }
  Result<std::vector<VerifiedBy>> verify(std::vector<EnvelopeSignature> signatures) {
    return verify_signatures(keyset_, k_type, as_byte_view(k_payload), {std::string(k_type), std::move(signatures)});
  }
  // The message of a signature error.
  std::string refusal(std::vector<EnvelopeSignature> signatures) {
    const auto verified = verify(std::move(signatures));
    EXPECT_FALSE(verified);
    if (verified) {
      return {};
    }
    EXPECT_EQ(verified.error().code, ExitCode::signature);
    return verified.error().message;
  }

  PrivateKey alice_ = new_key();
  PrivateKey bob_ = new_key(KeyAlgorithm::ecdsa_p256);
  PrivateKey carol_ = new_key();
  PrivateKey stranger_ = new_key();
  PrivateKey revoked_ = new_key();
  Keyset keyset_;
};

bool names(const std::string& message, const PrivateKey& key) {
  return message.find(key.public_key().key_id()) != std::string::npos;
}

TEST_F(TwoOfThree, TwoHold) {
  const auto verified = verify({by(carol_), by(alice_)});
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(*verified, (std::vector<VerifiedBy>{{alice_.public_key().key_id(), "alice"},
                                                {carol_.public_key().key_id(), "carol"}}));
  EXPECT_TRUE(verify({by(bob_), by(alice_)}));
}

TEST_F(TwoOfThree, NoneIsUnsigned) { EXPECT_NE(refusal({}).find("not signed"), std::string::npos); }

TEST_F(TwoOfThree, OneIsTooFew) { EXPECT_NE(refusal({by(alice_)}).find("1 of 2"), std::string::npos); }

TEST_F(TwoOfThree, OneKeyTwiceCountsOnce) {
  EXPECT_TRUE(names(refusal({by(alice_), by(alice_)}), alice_));
  EXPECT_NE(refusal({by(bob_), by(bob_)}).find("counts once"), std::string::npos) << "two different ECDSA signatures";
}

TEST_F(TwoOfThree, OneSignatureUnderTwoIdsCountsOnce) {
  EnvelopeSignature copy = by(alice_);
  copy.key_id = carol_.public_key().key_id();
  EXPECT_TRUE(names(refusal({by(alice_), copy}), carol_));
  copy.key_id.clear();
  EXPECT_NE(refusal({by(alice_), copy}).find("counts once"), std::string::npos);
}

TEST_F(TwoOfThree, UnknownAndRevokedAreNamed) {
  const std::string unknown = refusal({by(alice_), by(stranger_)});
  EXPECT_TRUE(names(unknown, stranger_)) << unknown;
  EXPECT_NE(unknown.find("unknown"), std::string::npos);
  const std::string revoked = refusal({by(alice_), by(revoked_)});
  EXPECT_TRUE(names(revoked, revoked_)) << revoked;
  EXPECT_NE(revoked.find("revoked"), std::string::npos);
  EnvelopeSignature nameless = by(revoked_);
  nameless.key_id.clear();
  EXPECT_NE(refusal({by(alice_), nameless}).find("no trusted key"), std::string::npos);
}

TEST_F(TwoOfThree, GarbageBesideEnoughDoesNoHarm) {
  EXPECT_TRUE(verify({by(alice_), {carol_.public_key().key_id(), Bytes(64)}, by(bob_), by(stranger_)}));
}

TEST_F(TwoOfThree, KeyIdIsOnlyAHint) {
  EnvelopeSignature nameless = by(bob_);
  nameless.key_id.clear();
  EXPECT_TRUE(verify({by(alice_), nameless}));
}

TEST_F(TwoOfThree, OtherTypeOrPayloadIsRefused) {
  EXPECT_TRUE(names(refusal({by(alice_), by(carol_, k_payload, "other/type")}), carol_));
  EXPECT_TRUE(names(refusal({by(alice_), by(carol_, "other")}), carol_));
  const auto other =
      verify_signatures(keyset_, k_type, as_byte_view(k_payload),
                        {"other/type", {by(alice_, k_payload, "other/type"), by(bob_, k_payload, "other/type")}});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ExitCode::signature);
}

TEST_F(TwoOfThree, AlgorithmBelongsToTheKey) {
  EnvelopeSignature swapped = by(bob_);
  swapped.key_id = carol_.public_key().key_id();
  EXPECT_TRUE(names(refusal({by(alice_), swapped}), carol_));
}

TEST_F(TwoOfThree, TrailingBytesSpoilASignature) {
  EnvelopeSignature longer = by(bob_);
  longer.signature.push_back(std::byte{0});
  EXPECT_TRUE(names(refusal({by(alice_), longer}), bob_));
}

TEST_F(TwoOfThree, TooManyAreNotLookedAt) {
  const auto verified = verify(std::vector<EnvelopeSignature>(17, by(alice_)));
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, ExitCode::limit);
}

TEST_F(TwoOfThree, EveryFlippedBitOfTheEnvelopeIsNoticed) {
  const Envelope envelope{std::string(k_type), {by(alice_), by(carol_)}};
  const std::string text = envelope.to_text();
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const auto parsed = Envelope::parse(flipped, "envelope");
    if (parsed && *parsed != Envelope::parse(text, "envelope").value()) {
      EXPECT_FALSE(verify_signatures(keyset_, k_type, as_byte_view(k_payload), *parsed)) << "bit " << bit;
    }
  }
}

TEST(VerifySignatures, PlainKeyNeedsOne) {
  const PrivateKey key = new_key();
  const PrivateKey other = new_key();
  Envelope envelope{std::string(k_type), {}};
  ASSERT_TRUE(add_signature(envelope, key, as_byte_view(k_payload)));
  EXPECT_TRUE(verify_signatures(Keyset::of(key.public_key(), "site"), k_type, as_byte_view(k_payload), envelope));
  const auto refused =
      verify_signatures(Keyset::of(other.public_key(), "site"), k_type, as_byte_view(k_payload), envelope);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(names(refused.error().message, key));
}

}  // namespace
}  // namespace kubeferry::crypto
