// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/text.hpp>

#include <array>

#include <gtest/gtest.h>

namespace kubeferry {
namespace {

TEST(Text, HexIsStrict) {
  EXPECT_EQ(to_hex(as_byte_view("\x01\xab")), "01ab");
  EXPECT_EQ(to_hex(*from_hex("01ab")), "01ab");
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("AB"));
  EXPECT_FALSE(from_hex("zz"));
}

TEST(Text, Base64RoundTripsAndRefusesTwins) {
  for (const std::string_view text : {"", "a", "ab", "abc", "abcd"}) {
    EXPECT_EQ(as_text(*from_base64(to_base64(as_byte_view(text)))), text);
  }
  EXPECT_EQ(to_base64(as_byte_view("any carnal pleas")), "YW55IGNhcm5hbCBwbGVhcw==");
  EXPECT_TRUE(from_base64("-_8="));
  for (const std::string_view text : {"YQ", "YR==", "YW=", "Y Q=", "YQ==\n", "Y===", "=QQQ"}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

TEST(Text, Sizes) {
  EXPECT_EQ(human_bytes(561), "561 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(std::uint64_t{5} << 30), "5.0 GiB");
  EXPECT_EQ(*parse_bytes("4GiB"), std::uint64_t{4} << 30);
  EXPECT_EQ(*parse_bytes("500M"), std::uint64_t{500} << 20);
  EXPECT_EQ(*parse_bytes("7"), 7U);
  for (const std::string_view text : {"", "M", "4x", "4 M", "-1", "99999999999999999999", "99999999999T"}) {
    EXPECT_EQ(parse_bytes(text).error().code, ExitCode::usage) << text;
  }
}

TEST(Text, PrintableHidesTerminalControl) {
  EXPECT_EQ(printable("a\x1b[2Jb\n"), "a\\x1b[2Jb\\x0a");
  EXPECT_EQ(printable("é \xc2\x9b \xff"), "é \\xc2\\x9b \\xff");
}

TEST(Text, NearestFindsTypingErrors) {
  static constexpr std::array<std::string_view, 3> k_keys = {"platforms", "kubernetes", "images"};
  EXPECT_EQ(nearest("platform", k_keys), "platforms");
  EXPECT_EQ(nearest("kubernets", k_keys), "kubernetes");
  EXPECT_EQ(nearest("zzz", k_keys), std::nullopt);
}

TEST(Text, TimesRoundTrip) {
  const auto time = parse_rfc3339("2026-11-21T03:15:09Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(to_rfc3339(*time), "2026-11-21T03:15:09Z");
  EXPECT_EQ(to_rfc3339(TimePoint{}), "1970-01-01T00:00:00Z");
  for (const std::string_view text : {"2026-02-30T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21 03:15:09Z", ""}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

}  // namespace
}  // namespace kubeferry
