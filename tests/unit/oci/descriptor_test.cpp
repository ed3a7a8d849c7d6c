// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/oci/descriptor.hpp>

#include <gtest/gtest.h>

#include <kubeferry/base/json.hpp>

namespace kubeferry::oci {
namespace {

const std::string k_digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

Result<Descriptor> parse(const std::string& text) {
  const Json json = parse_json(text, "text", {}, Floats::become_null).value();
  return Descriptor::parse(JsonView(json, "d"));
}
std::string with(const std::string& members) {
  return R"({"mediaType":"m","digest":")" + k_digest + R"(","size":3)" + members + "}";
}
ExitCode code_of(const std::string& text) {
  const auto descriptor = parse(text);
  return descriptor ? ExitCode::ok : descriptor.error().code;
}

TEST(Descriptor, TextRoundTrips) {
  const std::string text = with(
      R"(,"annotations":{"b":"1","a":"2"},"platform":{"architecture":"arm","os":"linux","variant":"v7"},"artifactType":"t")");
  const auto descriptor = parse(text);
  ASSERT_TRUE(descriptor) << descriptor.error().message;
  EXPECT_EQ(descriptor->size, 3U);
  EXPECT_EQ(descriptor->platform.value().to_string(), "linux/arm/v7");
  EXPECT_EQ(descriptor->annotation("a"), "2");
  EXPECT_EQ(descriptor->annotation("c"), "");
  EXPECT_FALSE(descriptor->has_urls);
  EXPECT_EQ(to_text(descriptor->to_json()), text);
}

TEST(Descriptor, PassesOverWhatItDoesNotKnow) {
  EXPECT_EQ(code_of(with(R"(,"new":{"x":[1.5]},"annotations":null,"urls":null,"platform":null)")), ExitCode::ok);
}

TEST(Descriptor, KnowsForeignContent) {
  EXPECT_TRUE(parse(with(R"(,"urls":["https://elsewhere/blob"])")).value().has_urls);
  EXPECT_FALSE(parse(with(R"(,"urls":[])")).value().has_urls);
}

// SECURITY.md M45 to M48.
TEST(Descriptor, RefusesWrongMembers) {
  EXPECT_EQ(code_of(R"({"mediaType":"m","size":3})"), ExitCode::format);
  EXPECT_EQ(code_of(R"({"mediaType":"m","digest":"sha256:ab","size":3})"), ExitCode::format);
  EXPECT_EQ(code_of(R"({"mediaType":"m","digest":")" + k_digest + R"("})"), ExitCode::format);
  EXPECT_EQ(code_of(R"({"mediaType":"m","digest":")" + k_digest + R"(","size":-1})"), ExitCode::format);
  EXPECT_EQ(code_of(R"({"mediaType":"m","digest":")" + k_digest + R"(","size":1.5})"), ExitCode::format);
  EXPECT_EQ(code_of(R"({"mediaType":"m","digest":")" + k_digest + R"(","size":"3"})"), ExitCode::format);
  EXPECT_EQ(code_of(R"({"mediaType":"m","digest":")" + k_digest + R"(","size":0})"), ExitCode::ok);
  EXPECT_EQ(code_of(with(R"(,"Digest":"x")")), ExitCode::format) << "case variant";
  EXPECT_EQ(code_of(with(R"(,"platform":{"OS":"linux"})")), ExitCode::format) << "case variant";
  EXPECT_EQ(code_of(with(R"(,"platform":"linux")")), ExitCode::format);
  EXPECT_EQ(code_of(with(R"(,"annotations":{"a":1})")), ExitCode::format);
  EXPECT_EQ(code_of("[]"), ExitCode::format);
}

TEST(Descriptor, HasCaps) {
  EXPECT_EQ(code_of(R"({"mediaType":"m","digest":")" + k_digest + R"(","size":9007199254740991})"), ExitCode::limit);
  EXPECT_EQ(code_of(R"({"mediaType":"m","digest":")" + k_digest + R"(","size":1099511627776})"), ExitCode::ok);
  EXPECT_EQ(code_of(with(R"(,"data":")" + std::string(k_max_embedded_bytes + 1, 'A') + R"(")")), ExitCode::limit);
  EXPECT_EQ(code_of(with(R"(,"annotations":{"a":")" + std::string(1 << 20, 'A') + R"("})")), ExitCode::limit);
}

}  // namespace
}  // namespace kubeferry::oci
