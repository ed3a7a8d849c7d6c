// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/dsse.hpp>

#include <gtest/gtest.h>

#include <kubeferry/base/text.hpp>

namespace kubeferry::crypto {
namespace {

// The example of DSSE's protocol.md.
TEST(Pae, IsTheSpecificationsExample) {
  const Bytes bytes = pae("http://example.com/HelloWorld", as_byte_view("hello world"));
  EXPECT_EQ(as_text(bytes), "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  EXPECT_EQ(as_text(pae("", {})), "DSSEv1 0  0 ");
}

ExitCode code_of(std::string_view text) {
  const auto envelope = Envelope::parse(text, "envelope");
  return envelope ? ExitCode::ok : envelope.error().code;
}

TEST(Envelope, TextRoundTripsAndIsSorted) {
  const Envelope envelope{"type", {{"b", Bytes(3, std::byte{0xfb})}, {"a", Bytes(1, std::byte{1})}}};
  const std::string text = envelope.to_text();
  EXPECT_EQ(text, R"({"payloadType":"type","signatures":[{"keyid":"a","sig":"AQ=="},{"keyid":"b","sig":"+/v7"}]})");
  const Envelope again = Envelope::parse(text, "envelope").value();
  EXPECT_EQ(again.signatures.size(), 2U);
  EXPECT_EQ(again.to_text(), text);
}

// DSSE: verifiers MUST accept both alphabets.
TEST(Envelope, TakesBothBase64Alphabets) {
  const auto standard = Envelope::parse(R"({"payloadType":"t","signatures":[{"sig":"+/v7"}]})", "e");
  const auto url = Envelope::parse(R"({"payloadType":"t","signatures":[{"sig":"-_v7"}]})", "e");
  ASSERT_TRUE(standard && url);
  EXPECT_EQ(*standard, *url);
}

// SECURITY.md M09.
TEST(Envelope, RefusesSpoiltSignaturesAsSignatures) {
  for (const char* const signature :
       {R"({"sig":"AQ = ="})", R"({"sig":" AQ=="})", R"({"sig":"AQ==\n"})", R"({"sig":"A"})", R"({"sig":""})",
        R"({"keyid":"k","sig":"AQ==","algorithm":"ecdsa-p256"})"}) {
    EXPECT_EQ(code_of(fmt::format(R"({{"payloadType":"t","signatures":[{}]}})", signature)), ExitCode::signature)
        << signature;
  }
}

TEST(Envelope, RefusesOtherShapes) {
  for (const char* const text :
       {"", "{}", "[]", R"({"payloadType":"t"})", R"({"signatures":[]})", R"({"payloadType":1,"signatures":[]})",
        R"({"payloadType":"t","signatures":{}})", R"({"payloadType":"t","signatures":[1]})",
        R"({"payloadType":"t","signatures":[{"keyid":"k"}]})",
        R"({"payloadType":"t","signatures":[],"payload":"AA=="})",
        R"({"payloadType":"t","payloadType":"u","signatures":[]})", R"({"payloadType":"t","signatures":[]} x)"}) {
    EXPECT_EQ(code_of(text), ExitCode::format) << text;
  }
}

// SECURITY.md M08.
TEST(Envelope, HasCaps) {
  const auto with_signatures = [](std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) {
      list.append(i == 0 ? "" : ",").append(R"({"keyid":"k","sig":"AQ=="})");
    }
    return R"({"payloadType":"t","signatures":[)" + list + "]}";
  };
  EXPECT_EQ(code_of(with_signatures(16)), ExitCode::ok);
  EXPECT_EQ(code_of(with_signatures(17)), ExitCode::limit);
  EXPECT_EQ(code_of(with_signatures(100'000)), ExitCode::limit);
  EXPECT_EQ(
      code_of(R"({"payloadType":"t","signatures":[{"keyid":")" + std::string(1 << 20, 'k') + R"(","sig":"AQ=="}]})"),
      ExitCode::limit);
  EXPECT_EQ(code_of(R"({"payloadType":"t","signatures":[{"keyid":")" + std::string(129, 'k') + R"(","sig":"AQ=="}]})"),
            ExitCode::limit);
  EXPECT_EQ(code_of(R"({"payloadType":"t","signatures":[{"sig":")" + std::string(2000, 'A') + R"("}]})"),
            ExitCode::limit);
}

TEST(Envelope, CapsItsType) {
  EXPECT_EQ(code_of(R"({"payloadType":")" + std::string(256, 't') + R"(","signatures":[]})"), ExitCode::ok);
  EXPECT_EQ(code_of(R"({"payloadType":")" + std::string(257, 't') + R"(","signatures":[]})"), ExitCode::limit);
}

TEST(AddSignature, SignsThePaeAndReplacesItsOwn) {
  const PrivateKey key = std::move(PrivateKey::generate(KeyAlgorithm::ed25519).value());
  Envelope envelope{"type", {}};
  ASSERT_TRUE(add_signature(envelope, key, as_byte_view("old")));
  ASSERT_TRUE(add_signature(envelope, key, as_byte_view("payload")));
  ASSERT_EQ(envelope.signatures.size(), 1U);
  EXPECT_EQ(envelope.signatures[0].key_id, key.public_key().key_id());
  EXPECT_TRUE(key.public_key().verify(pae("type", as_byte_view("payload")), envelope.signatures[0].signature));
  EXPECT_FALSE(key.public_key().verify(as_byte_view("payload"), envelope.signatures[0].signature));
}

TEST(AddSignature, StopsAtTheCap) {
  Envelope envelope{"type", std::vector<EnvelopeSignature>(16, {"other", Bytes(1)})};
  const PrivateKey key = std::move(PrivateKey::generate(KeyAlgorithm::ed25519).value());
  EXPECT_EQ(add_signature(envelope, key, {}).error().code, ExitCode::limit);
}

}  // namespace
}  // namespace kubeferry::crypto
