// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <kubeferry/crypto/keyset.hpp>

namespace kubeferry::crypto {
namespace {

PrivateKey make() { return std::move(PrivateKey::generate(KeyAlgorithm::ed25519).value()); }

// SECURITY.md M11.
class Rotation : public testing::Test {
protected:
  static Keyset keyset(std::uint64_t version, const PrivateKey& key, const std::string& name = "key") {
    return Keyset::create({.version = version, .threshold = 1, .keys = {{name, key.public_key()}}, .revoked = {}})
        .value();
  }
  static SignedKeyset signed_by(const Keyset& next, std::initializer_list<const PrivateKey*> keys,
                                std::string_view type = k_keyset_payload_type) {
    SignedKeyset result{next.to_text(), {std::string(type), {}}};
    for (const PrivateKey* const key : keys) {
      EXPECT_TRUE(add_signature(result.envelope, *key, as_byte_view(result.text)));
    }
    return result;
  }
  static Result<Keyset> accept(const Keyset& current, const SignedKeyset& next) {
    return accept_successor(current, next.text, next.envelope);
  }
  static ExitCode code_of(const Result<Keyset>& result) { return result ? ExitCode::ok : result.error().code; }

  PrivateKey old_ = make();
  PrivateKey new_ = make();
  Keyset current_ = keyset(4, old_);
};

TEST_F(Rotation, NeedsOldAndNewKeys) {
  const Keyset next = keyset(5, new_);
  const auto accepted = accept(current_, signed_by(next, {&old_, &new_}));
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(*accepted, next);
  EXPECT_EQ(code_of(accept(current_, signed_by(next, {&new_}))), ExitCode::signature);
  EXPECT_EQ(code_of(accept(current_, signed_by(next, {&old_}))), ExitCode::signature);
  EXPECT_EQ(code_of(accept(current_, signed_by(next, {}))), ExitCode::signature);
}

TEST_F(Rotation, NeedsTheNextVersion) {
  for (const std::uint64_t version : {3U, 4U, 6U}) {
    EXPECT_EQ(code_of(accept(current_, signed_by(keyset(version, new_), {&old_, &new_}))), ExitCode::signature)
        << version;
  }
}

TEST_F(Rotation, IsBoundToItsBytesAndType) {
  SignedKeyset next = signed_by(keyset(5, new_), {&old_, &new_});
  next.text = keyset(5, new_, "renamed").to_text();
  EXPECT_EQ(code_of(accept(current_, next)), ExitCode::signature);
  EXPECT_EQ(code_of(accept(current_, signed_by(keyset(5, new_), {&old_, &new_}, "other/type"))), ExitCode::signature);
}

TEST_F(Rotation, JunkIsNotEvenParsedWithoutTheOldKeys) {
  SignedKeyset junk{"junk", {std::string(k_keyset_payload_type), {}}};
  EXPECT_EQ(code_of(accept(current_, junk)), ExitCode::signature);
  ASSERT_TRUE(add_signature(junk.envelope, old_, as_byte_view(junk.text)));
  EXPECT_EQ(code_of(accept(current_, junk)), ExitCode::format);
  EXPECT_EQ(code_of(accept_successor(current_, std::string(k_max_keyset_bytes + 1, ' '), junk.envelope)),
            ExitCode::limit);
}

TEST_F(Rotation, ChainIsWalkedWithoutGaps) {
  const PrivateKey newest = make();
  const SignedKeyset five = signed_by(keyset(5, new_), {&old_, &new_});
  const SignedKeyset six = signed_by(keyset(6, newest), {&new_, &newest});
  EXPECT_EQ(accept_chain(current_, std::vector{five, six}).value(), keyset(6, newest));
  EXPECT_EQ(code_of(accept_chain(current_, std::vector{six})), ExitCode::signature) << "N+2 without N+1";
  EXPECT_EQ(code_of(accept_chain(current_, std::vector{six, five})), ExitCode::signature);
  EXPECT_EQ(code_of(accept_chain(current_, {})), ExitCode::ok);
}

TEST_F(Rotation, ChainIsCapped) {
  EXPECT_EQ(code_of(accept_chain(current_, std::vector<SignedKeyset>(1000))), ExitCode::limit);
}

}  // namespace
}  // namespace kubeferry::crypto
