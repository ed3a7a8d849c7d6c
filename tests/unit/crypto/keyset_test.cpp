// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/keyset.hpp>

#include <gtest/gtest.h>

#include <kubeferry/base/text.hpp>

namespace kubeferry::crypto {
namespace {

PrivateKey make_key(KeyAlgorithm algorithm = KeyAlgorithm::ed25519) {
  return std::move(PrivateKey::generate(algorithm).value());
}

ExitCode keyset_error(const Result<Keyset>& keyset) { return keyset ? ExitCode::ok : keyset.error().code; }
ExitCode keyset_error(std::string_view text) { return keyset_error(Keyset::parse(text, "keyset")); }

std::string keyset_text(const std::string& keys,
                        const std::string& rest = R"("version":1,"threshold":1,"revoked":[])") {
  return R"({"kind":"kubeferry/keyset/v1","keys":[)" + keys + "]," + rest + "}";
}
std::string key_text(const std::string& name, const std::string& algorithm, const std::string& spki_base64) {
  return fmt::format(R"({{"name":"{}","algorithm":"{}","public":"{}"}})", name, algorithm, spki_base64);
}

TEST(Keyset, TextRoundTrips) {
  const PrivateKey alice = make_key();
  const PrivateKey bob = make_key(KeyAlgorithm::ecdsa_p256);
  const Keyset keyset = Keyset::create({.version = 7,
                                        .threshold = 2,
                                        .keys = {{"alice", alice.public_key()}, {"bob", bob.public_key()}},
                                        .revoked = {std::string(64, 'a')}})
                            .value();
  const auto again = Keyset::parse(keyset.to_text(), "keyset");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, keyset);
  EXPECT_EQ(again->to_text(), keyset.to_text());
  EXPECT_EQ(again->find(bob.public_key().key_id())->name, "bob");
  EXPECT_EQ(again->find("nobody"), nullptr);
}

TEST(Keyset, TakesPem) {
  std::string pem = make_key().public_key().to_pem();
  for (std::size_t at = 0; (at = pem.find('\n', at)) != std::string::npos; at += 2) {
    pem.replace(at, 1, "\\n");
  }
  EXPECT_EQ(keyset_error(keyset_text(key_text("a", "ed25519", pem))), ExitCode::ok);
}

TEST(Keyset, RefusesWrongShapes) {
  const std::string good = key_text("a", "ed25519", to_base64(make_key().public_key().spki()));
  EXPECT_EQ(keyset_error(keyset_text(good)), ExitCode::ok);
  EXPECT_EQ(keyset_error("{}"), ExitCode::format);
  EXPECT_EQ(keyset_error(keyset_text(good, R"("version":1,"threshold":1)")), ExitCode::format);
  EXPECT_EQ(keyset_error(keyset_text(good, R"("version":1,"threshold":1,"revoked":[],"extra":1)")), ExitCode::format);
  EXPECT_EQ(keyset_error(keyset_text(good, R"("version":-1,"threshold":1,"revoked":[])")), ExitCode::format);
  EXPECT_EQ(keyset_error(R"({"kind":"kubeferry/keyset/v2","version":1,"threshold":1,"keys":[],"revoked":[]})"),
            ExitCode::format);
}

TEST(Keyset, RefusesWhatNobodyShouldTrust) {
  const std::string spki = to_base64(make_key().public_key().spki());
  const std::string good = key_text("a", "ed25519", spki);
  const std::string other = to_base64(make_key().public_key().spki());
  const auto rest = [](const std::string& version, const std::string& threshold, const std::string& revoked) {
    return fmt::format(R"("version":{},"threshold":{},"revoked":[{}])", version, threshold, revoked);
  };
  EXPECT_EQ(keyset_error(keyset_text(good, rest("0", "1", ""))), ExitCode::signature);
  EXPECT_EQ(keyset_error(keyset_text(good, rest("1", "0", ""))), ExitCode::signature);
  EXPECT_EQ(keyset_error(keyset_text(good, rest("1", "2", ""))), ExitCode::signature);
  EXPECT_EQ(keyset_error(keyset_text("", rest("1", "1", ""))), ExitCode::signature);
  EXPECT_EQ(keyset_error(keyset_text(good, rest("1", "1", R"("not an id")"))), ExitCode::signature);
  EXPECT_EQ(keyset_error(keyset_text(good + "," + key_text("b", "ed25519", spki))), ExitCode::signature) << "same key";
  EXPECT_EQ(keyset_error(keyset_text(good + "," + key_text("a", "ed25519", other))), ExitCode::signature)
      << "same name";
  EXPECT_EQ(keyset_error(keyset_text(key_text("", "ed25519", spki))), ExitCode::signature);
  EXPECT_EQ(keyset_error(keyset_text(key_text("\\u001b[31m", "ed25519", spki))), ExitCode::signature);
  EXPECT_EQ(keyset_error(keyset_text(key_text("a", "ecdsa-p256", spki))), ExitCode::signature) << "algorithm swapped";
  EXPECT_EQ(keyset_error(keyset_text(key_text("a", "ed25519", "!"))), ExitCode::signature);
}

// SECURITY.md M10: identity point; y = p; others are in key_test.cpp.
TEST(Keyset, RefusesDangerousKeys) {
  for (const char* const point : {"0100000000000000000000000000000000000000000000000000000000000000",
                                  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    const std::string spki = to_base64(from_hex("302a300506032b6570032100" + std::string(point)).value());
    EXPECT_EQ(keyset_error(keyset_text(key_text("a", "ed25519", spki))), ExitCode::signature);
  }
}

TEST(Keyset, RevokedKeysDoNotMakeTheThreshold) {
  const PrivateKey alice = make_key();
  const PrivateKey bob = make_key();
  const auto with_threshold = [&](std::uint64_t threshold) {
    return Keyset::create({.version = 1,
                           .threshold = threshold,
                           .keys = {{"alice", alice.public_key()}, {"bob", bob.public_key()}},
                           .revoked = {bob.public_key().key_id()}});
  };
  EXPECT_EQ(keyset_error(with_threshold(1)), ExitCode::ok);
  EXPECT_EQ(keyset_error(with_threshold(2)), ExitCode::signature);
}

TEST(Keyset, HasCaps) {
  std::vector<TrustedKey> keys;
  for (std::size_t i = 0; i < k_max_keyset_keys + 1; ++i) {
    keys.push_back({"key" + std::to_string(i), make_key().public_key()});
  }
  EXPECT_EQ(keyset_error(Keyset::create({.version = 1, .threshold = 1, .keys = keys, .revoked = {}})), ExitCode::limit);
  keys.pop_back();
  EXPECT_EQ(keyset_error(Keyset::create({.version = 1, .threshold = 64, .keys = keys, .revoked = {}})), ExitCode::ok);
  const std::vector<std::string> revoked(k_max_keyset_revoked + 1, std::string(64, 'a'));
  EXPECT_EQ(keyset_error(Keyset::create({.version = 1, .threshold = 1, .keys = keys, .revoked = revoked})),
            ExitCode::limit);
  EXPECT_EQ(keyset_error(std::string(k_max_keyset_bytes + 1, ' ')), ExitCode::limit);
}

}  // namespace
}  // namespace kubeferry::crypto
