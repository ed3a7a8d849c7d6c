// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubeferry {
namespace {

using testing::HasSubstr;

ExitCode code_of(std::string_view text, JsonLimits limits = {}) {
  const auto parsed = parse_json(text, "t", limits);
  return parsed ? ExitCode::ok : parsed.error().code;
}

TEST(Json, ReadsAndWritesTheSameText) {
  const std::string text = R"({"b":[1,-2,true,null,"é\n"],"a":{}})";
  const auto parsed = parse_json(text, "t");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(to_text(*parsed), text);
}

TEST(Json, RefusesWhatIJsonDoesNotAllow) {  // M42
  for (const std::string_view text :
       {"{\"a\":1,\"a\":2}", "1.0", "1e3", "9007199254740992", "-9007199254740992", "18446744073709551616", "NaN",
        "\xef\xbb\xbf{}", "\"\\ud800\"", "\"\xff\"", "[1,]", "{} {}", "/*x*/{}", "", "\"\x01\"", "01"}) {
    EXPECT_EQ(code_of(text), ExitCode::format) << text;
  }
}

TEST(Json, FloatsOfOthersBecomeNull) {
  const auto parsed = parse_json("[1.5,1e400,18446744073709551615,7]", "t", {}, Floats::become_null);
  // 1e400 overflows a double, which the library's lexer refuses whatever we say.
  EXPECT_FALSE(parsed);
  const auto usual = parse_json("[1.5,18446744073709551615,7]", "t", {}, Floats::become_null);
  ASSERT_TRUE(usual);
  EXPECT_EQ(to_text(*usual), "[null,null,7]");
}

TEST(Json, BoundsDepthAndLength) {
  EXPECT_EQ(code_of(std::string(32, '[') + std::string(32, ']')), ExitCode::ok);
  EXPECT_EQ(code_of(std::string(33, '[') + std::string(33, ']')), ExitCode::limit);
  EXPECT_EQ(code_of(std::string(100000, '[')), ExitCode::limit);
  EXPECT_EQ(code_of("[1,2,3]", {.bytes = 6}), ExitCode::limit);
  std::string members;
  for (int n = 0; n < 4096; ++n) {
    members += fmt::format("{}\"{}\":0", n == 0 ? "" : ",", n);
  }
  EXPECT_EQ(code_of("{" + members + "}"), ExitCode::ok);
  EXPECT_EQ(code_of("{" + members + ",\"more\":0}"), ExitCode::limit);
}

TEST(JsonView, SaysWhereItHurts) {
  const auto parsed = parse_json(R"({"blobs":[{"size":-1}]})", "t");
  ASSERT_TRUE(parsed);
  const JsonView view(*parsed, "manifest");
  const auto blobs = view.elements("blobs");
  ASSERT_TRUE(blobs);
  const auto size = blobs->at(0).unsigned_integer("size");
  ASSERT_FALSE(size);
  EXPECT_THAT(size.error().message, HasSubstr("manifest.blobs[0].size"));
  const auto missing = blobs->at(0).string("digest");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("has no \"digest\""));
  EXPECT_FALSE(view.only({"images"}));
}

}  // namespace
}  // namespace kubeferry
