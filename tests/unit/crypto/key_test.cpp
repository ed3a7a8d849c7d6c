// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/key.hpp>

#include <gtest/gtest.h>

#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/digest.hpp>

namespace kubeferry::crypto {
namespace {

const std::string k_ed25519_prefix = "302a300506032b6570032100";

Bytes hex(const std::string& text) { return from_hex(text).value(); }
PrivateKey make(KeyAlgorithm algorithm) { return std::move(PrivateKey::generate(algorithm).value()); }

// RFC 8032 § 7.1, TEST 3.
constexpr const char* k_rfc_key = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
constexpr const char* k_rfc_signature =
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc0"
    "27b"
    "eceea1ec40a";

TEST(PublicKey, VerifiesTheRfcExample) {
  const auto key = PublicKey::from_spki(hex(k_ed25519_prefix + k_rfc_key), "rfc");
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->algorithm(), KeyAlgorithm::ed25519);
  EXPECT_TRUE(key->verify(hex("af82"), hex(k_rfc_signature)));
  EXPECT_FALSE(key->verify(hex("af83"), hex(k_rfc_signature)));
}

class BothKinds : public testing::TestWithParam<KeyAlgorithm> {};
INSTANTIATE_TEST_SUITE_P(Keys, BothKinds, testing::Values(KeyAlgorithm::ed25519, KeyAlgorithm::ecdsa_p256),
                         [](const auto& parameter) {
                           return parameter.param == KeyAlgorithm::ed25519 ? "Ed25519" : "EcdsaP256";
                         });

TEST_P(BothKinds, SignsWhatItsPublicKeyVerifies) {
  const PrivateKey key = make(GetParam());
  EXPECT_EQ(key.public_key().algorithm(), GetParam());
  for (const std::string_view message : {"", "a", "a somewhat longer message"}) {
    const Bytes signature = key.sign(as_byte_view(message)).value();
    EXPECT_TRUE(key.public_key().verify(as_byte_view(message), signature));
    EXPECT_FALSE(key.public_key().verify(as_byte_view("other"), signature));
    EXPECT_FALSE(make(GetParam()).public_key().verify(as_byte_view(message), signature));
  }
}

TEST_P(BothKinds, RefusesEveryFlippedBitAndOtherLengths) {
  const PrivateKey key = make(GetParam());
  const ByteView message = as_byte_view("message");
  const Bytes signature = key.sign(message).value();
  for (std::size_t i = 0; i < signature.size() * 8; ++i) {
    Bytes flipped = signature;
    flipped[i / 8] ^= std::byte{1} << (i % 8);
    EXPECT_FALSE(key.public_key().verify(message, flipped)) << "bit " << i;
  }
  Bytes longer = signature;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(key.public_key().verify(message, longer)) << "trailing byte";
  EXPECT_FALSE(key.public_key().verify(message, ByteView(signature).first(signature.size() - 1)));
  EXPECT_FALSE(key.public_key().verify(message, {}));
}

TEST_P(BothKinds, PemRoundTrips) {
  const PrivateKey key = make(GetParam());
  const auto again = PublicKey::from_pem(key.public_key().to_pem(), "public");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, key.public_key());
  EXPECT_EQ(again->key_id(), Digest::of(again->spki()).hex());

  const SecretText pem = std::move(key.to_pem().value());
  const auto private_again = PrivateKey::from_pem(pem, nullptr, "private");
  ASSERT_TRUE(private_again) << private_again.error().message;
  EXPECT_EQ(private_again->public_key(), key.public_key());
}

TEST_P(BothKinds, EncryptedPemOpensOnlyWithItsPassphrase) {
  const PrivateKey key = make(GetParam());
  const SecretText passphrase("correct horse");
  const SecretText pem = std::move(key.to_pem(&passphrase).value());
  EXPECT_TRUE(pem.view().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));

  const auto opened = PrivateKey::from_pem(pem, &passphrase, "private");
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->public_key(), key.public_key());

  const SecretText wrong("wrong horse");
  EXPECT_EQ(PrivateKey::from_pem(pem, &wrong, "private").error().code, ExitCode::auth);
  const SecretText too_long(std::string(5000, 'x'));
  EXPECT_EQ(PrivateKey::from_pem(pem, &too_long, "private").error().code, ExitCode::auth);
  const auto none = PrivateKey::from_pem(pem, nullptr, "private");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ExitCode::auth);
  EXPECT_NE(none.error().hint.find("--passphrase-file"), std::string::npos);
}

TEST(PrivateKey, Ed25519IsDeterministic) {
  const PrivateKey key = make(KeyAlgorithm::ed25519);
  EXPECT_EQ(key.sign(as_byte_view("x")).value(), key.sign(as_byte_view("x")).value());
}

TEST(PublicKey, EcdsaSignatureMustBeStrictDer) {
  const PrivateKey key = make(KeyAlgorithm::ecdsa_p256);
  const ByteView message = as_byte_view("message");
  const Bytes signature = key.sign(message).value();
  Bytes long_form = signature;  // 30 81 LEN: a length in more bytes than it needs
  long_form.insert(long_form.begin() + 1, std::byte{0x81});
  EXPECT_FALSE(key.public_key().verify(message, long_form));
}

TEST(PublicKey, OtherKindsOfKeyDoNotVerify) {
  const PrivateKey ed = make(KeyAlgorithm::ed25519);
  const PrivateKey ec = make(KeyAlgorithm::ecdsa_p256);
  const ByteView message = as_byte_view("message");
  EXPECT_FALSE(ed.public_key().verify(message, ec.sign(message).value()));
  EXPECT_FALSE(ec.public_key().verify(message, ed.sign(message).value()));
}

// SECURITY.md M10.
struct BadPoint {
  const char* name;
  const char* point;
  const char* says;
};
class BadPoints : public testing::TestWithParam<BadPoint> {};
INSTANTIATE_TEST_SUITE_P(
    Ed25519, BadPoints,
    testing::Values(
        BadPoint{"Identity", "0100000000000000000000000000000000000000000000000000000000000000", "small order"},
        BadPoint{"IdentitySigned", "0100000000000000000000000000000000000000000000000000000000000080", "small order"},
        BadPoint{"Order2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "small order"},
        BadPoint{"Order4", "0000000000000000000000000000000000000000000000000000000000000000", "small order"},
        BadPoint{"Order4Signed", "0000000000000000000000000000000000000000000000000000000000000080", "small order"},
        BadPoint{"Order8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "small order"},
        BadPoint{"Order8Signed", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", "small order"},
        BadPoint{"Order8Other", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "small order"},
        BadPoint{"Order8OtherSigned", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
                 "small order"},
        BadPoint{"ZeroAsPrime", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "canonical"},
        BadPoint{"OneAsPrimePlusOne", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "canonical"},
        BadPoint{"AllOnes", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "canonical"},
        BadPoint{"NoPoint", "0200000000000000000000000000000000000000000000000000000000000000", "not on the curve"}),
    [](const auto& parameter) { return parameter.param.name; });

TEST_P(BadPoints, AreRefusedAtLoad) {
  const auto key = PublicKey::from_spki(hex(k_ed25519_prefix + GetParam().point), "key");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, ExitCode::signature);
  EXPECT_NE(key.error().message.find(GetParam().says), std::string::npos) << key.error().message;
}

// Made with openssl genpkey and pkey -pubout.
struct ForeignKey {
  const char* name;
  const char* pem;
};
class ForeignKeys : public testing::TestWithParam<ForeignKey> {};
INSTANTIATE_TEST_SUITE_P(Openssl, ForeignKeys,
                         testing::Values(ForeignKey{"Rsa1024",
                                                    "-----BEGIN PUBLIC KEY-----\n"
                                                    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC8BG52qWQUheV6YSqFH3bZlEGO\n"
                                                    "34uRe4jCpeNvUBVlh3893zSVSZn+OkinIcgiKb0WfwLhAV5JlDEDBMhLQhkXCbDe\n"
                                                    "NvEcCLz2+fvS5Av5I7CVCgmnhj83dlbEjlqBnI93X5KlhE2exTMJp49I0CR9PRJ/\n"
                                                    "v+sRizKXcnmz4OMN9wIDAQAB\n"
                                                    "-----END PUBLIC KEY-----\n"},
                                         ForeignKey{"P192",
                                                    "-----BEGIN PUBLIC KEY-----\n"
                                                    "MEkwEwYHKoZIzj0CAQYIKoZIzj0DAQEDMgAEGRYwcJkDAKmUVkxUe7v7+THI0p0U\n"
                                                    "4zfDbmNLoxDhB4BVVs+ZgzetYV/gn/r9OxT7\n"
                                                    "-----END PUBLIC KEY-----\n"},
                                         ForeignKey{"Secp256k1",
                                                    "-----BEGIN PUBLIC KEY-----\n"
                                                    "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEeIPXy39D13d5fzT/aPCImhLGyMWNrDbh\n"
                                                    "yw9EMubHnpaLRCaEKAEBfmE40e+jwHsE24yadq7m6MqtI1o+D4IUPQ==\n"
                                                    "-----END PUBLIC KEY-----\n"},
                                         ForeignKey{"Ed448",
                                                    "-----BEGIN PUBLIC KEY-----\n"
                                                    "MEMwBQYDK2VxAzoAJ8Ue3DAWbz839CEifl8208UoDUEDP+HsJ6DfvP68l1QQ9zsa\n"
                                                    "+9tO4dfRxn1lXuUKBsiowHlH/WMA\n"
                                                    "-----END PUBLIC KEY-----\n"},
                                         ForeignKey{"CompressedP256",
                                                    "-----BEGIN PUBLIC KEY-----\n"
                                                    "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgADGICu7RIIenOz3VPypd2qezQOOtD1\n"
                                                    "KzA3UYYbgLPlmnE=\n"
                                                    "-----END PUBLIC KEY-----\n"},
                                         ForeignKey{"ExplicitP256",
                                                    "-----BEGIN PUBLIC KEY-----\n"
                                                    "MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA\n"
                                                    "AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////\n"
                                                    "///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd\n"
                                                    "NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5\n"
                                                    "RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA\n"
                                                    "//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABBiAru0SCHpzs91T8qXdqns0\n"
                                                    "DjrQ9SswN1GGG4Cz5ZpxQdaaBs27swvwoDATco+er18wkJ91Lx34LTKhxuy3sO0=\n"
                                                    "-----END PUBLIC KEY-----\n"}),
                         [](const auto& parameter) { return parameter.param.name; });

TEST_P(ForeignKeys, AreRefusedAtLoad) {
  const auto key = PublicKey::from_pem(GetParam().pem, "key");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, ExitCode::signature);
}

TEST(PublicKey, RefusesPointsOffP256AndUnusualEncodings) {
  const PrivateKey key = make(KeyAlgorithm::ecdsa_p256);
  Bytes off = key.public_key().spki();
  off.back() ^= std::byte{1};
  EXPECT_EQ(PublicKey::from_spki(off, "key").error().code, ExitCode::signature);
  Bytes trailing = key.public_key().spki();
  trailing.push_back(std::byte{0});
  EXPECT_EQ(PublicKey::from_spki(trailing, "key").error().code, ExitCode::signature);
  EXPECT_EQ(PublicKey::from_spki({}, "key").error().code, ExitCode::signature);
}

TEST(PublicKey, PemMayHaveNothingAroundIt) {
  const std::string pem = make(KeyAlgorithm::ed25519).public_key().to_pem();
  EXPECT_TRUE(PublicKey::from_pem("\n" + pem + "\n\n", "key"));
  for (const std::string& bad :
       {std::string(), "junk\n" + pem, pem + pem, pem.substr(0, 40), std::string("-----BEGIN PUBLIC KEY-----"),
        std::string("-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----")}) {
    const auto key = PublicKey::from_pem(bad, "key");
    ASSERT_FALSE(key) << bad;
    EXPECT_EQ(key.error().code, ExitCode::signature);
  }
}

TEST(PrivateKey, RefusesOtherPem) {
  for (const char* const bad : {"", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
                                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}) {
    const auto key = PrivateKey::from_pem(SecretText(bad), nullptr, "key");
    ASSERT_FALSE(key) << bad;
    EXPECT_EQ(key.error().code, ExitCode::signature);
  }
}

TEST(KeyAlgorithm, HasNames) {
  EXPECT_EQ(parse_key_algorithm("ed25519").value(), KeyAlgorithm::ed25519);
  EXPECT_EQ(parse_key_algorithm("ecdsa-p256").value(), KeyAlgorithm::ecdsa_p256);
  EXPECT_EQ(parse_key_algorithm("rsa").error().code, ExitCode::usage);
}

}  // namespace
}  // namespace kubeferry::crypto
