// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/net/header_values.hpp>

#include <gtest/gtest.h>

namespace kubeferry::net {
namespace {

TEST(Challenges, OfRealRegistries) {
  const auto hub = parse_challenges(
      R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/busybox:pull")");
  ASSERT_EQ(hub.size(), 1U);
  EXPECT_EQ(hub[0].scheme, "bearer");
  EXPECT_EQ(hub[0].find("realm"), "https://auth.docker.io/token");
  EXPECT_EQ(hub[0].find("service"), "registry.docker.io");
  EXPECT_EQ(hub[0].find("scope"), "repository:library/busybox:pull");
  EXPECT_FALSE(hub[0].find("error"));
}

TEST(Challenges, SeveralAndOddOnes) {
  const auto list = parse_challenges(R"(Negotiate, BASIC Realm="a \"b\", c" , Bearer realm=https://x/y, error=z)");
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].scheme, "negotiate");
  EXPECT_EQ(list[1].find("realm"), R"(a "b", c)");
  EXPECT_EQ(list[2].find("realm"), "https://x/y");
  EXPECT_EQ(list[2].find("error"), "z");
  EXPECT_TRUE(parse_challenges("").empty());
  EXPECT_TRUE(parse_challenges("=,;\"").empty());
  EXPECT_EQ(parse_challenges(R"(Bearer realm="never ends)").at(0).parameters.size(), 0U);
  EXPECT_LE(parse_challenges(std::string(100'000, ',') + "a").size(), 1U);
}

TEST(ContentRange, Parses) {
  EXPECT_EQ(parse_content_range("bytes 0-99/1000"), (ContentRange{0, 99, 1000}));
  EXPECT_EQ(parse_content_range("BYTES 5-5/*"), (ContentRange{5, 5, std::nullopt}));
  for (const char* text : {"", "bytes", "bytes 9-1/10", "bytes 0-10/10", "bytes */10", "bytes 0-1", "bits 0-1/2",
                           "bytes -1-2/3", "bytes 0-18446744073709551616/*", "bytes 1/2-3", "bytes 0x1-2/3"}) {
    EXPECT_FALSE(parse_content_range(text)) << text;
  }
}

TEST(RetryAfter, SecondsAndDates) {
  const TimePoint now(std::chrono::seconds(784111777));  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_EQ(parse_retry_after("120", now), std::chrono::seconds(120));
  EXPECT_EQ(parse_retry_after(" 0 ", now), std::chrono::seconds(0));
  EXPECT_EQ(parse_retry_after("1000000000", now), std::chrono::seconds(1000000000));
  EXPECT_EQ(parse_retry_after("99999999999999999999999", now), std::chrono::seconds(2147483647));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:07 GMT", now), std::chrono::seconds(30));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), std::chrono::seconds(0));
  for (const char* text : {"", "-1", "1.5", "soon", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nix 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET"}) {
    EXPECT_FALSE(parse_retry_after(text, now)) << text;
  }
}

TEST(Link, FindsTheNextPage) {
  EXPECT_EQ(next_link(R"(</v2/a/tags/list?n=2&last=b>; rel="next")"), "/v2/a/tags/list?n=2&last=b");
  EXPECT_EQ(next_link(R"(<a,b>; rel=prev, <c>; title="x;y,z"; REL=Next)"), "c");
  for (const char* text : {"", "<a>", "<a>; rel=prev", "a; rel=next", "<a; rel=next", R"(<a>; rel="next)"}) {
    EXPECT_FALSE(next_link(text)) << text;
  }
}

TEST(HeaderValue, CannotEndTheLine) {
  EXPECT_TRUE(is_safe_header_value("Bearer abc.def"));
  EXPECT_FALSE(is_safe_header_value("a\r\nX: y"));
  EXPECT_FALSE(is_safe_header_value(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_safe_header_value("\xff"));
}

}  // namespace
}  // namespace kubeferry::net
