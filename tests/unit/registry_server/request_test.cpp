// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/registry_server/request.hpp>

#include <gtest/gtest.h>

namespace kubeferry::registry_server {
namespace {

tl::expected<Request, BadRequest> parse(const std::string& head) { return parse_request(head + "\r\n\r\n"); }

TEST(Request, TakesWhatTheServerCaresAbout) {
  const auto request = parse(
      "GET /v2/a%2fb/blobs/sha256%3Aff?ns=registry.k8s.io&x=a+b%26&flag HTTP/1.1\r\nHost: h\r\nRange: bytes=1-2\r\n"
      "If-None-Match: \"x\"");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, Method::get);
  EXPECT_EQ(request->path, "/v2/a/b/blobs/sha256:ff");
  EXPECT_EQ(request->parameter("ns"), "registry.k8s.io");
  EXPECT_EQ(request->parameter("x"), "a b&");
  EXPECT_EQ(request->parameter("flag"), "");
  EXPECT_EQ(request->parameter("none"), std::nullopt);
  EXPECT_EQ(request->range, "bytes=1-2");
  EXPECT_EQ(request->if_none_match, "\"x\"");
  EXPECT_TRUE(request->keep_alive);
  EXPECT_FALSE(request->has_body);
}

TEST(Request, KnowsMethodsBodiesAndConnections) {
  EXPECT_EQ(parse("HEAD / HTTP/1.1\r\nHost: h")->method, Method::head);
  EXPECT_EQ(parse("DELETE / HTTP/1.1\r\nHost: h")->method, Method::other);
  EXPECT_EQ(parse("BREW / HTTP/1.1\r\nHost: h")->method_name, "BREW");
  EXPECT_TRUE(parse("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3")->has_body);
  EXPECT_FALSE(parse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0")->has_body);
  EXPECT_TRUE(parse("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked")->has_body);
  EXPECT_FALSE(parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: close")->keep_alive);
  EXPECT_FALSE(parse("GET / HTTP/1.0\r\nConnection: keep-alive")->keep_alive);
  EXPECT_EQ(parse("GET http://host:5000/v2/?a=b HTTP/1.1\r\nHost: h")->path, "/v2/");
  EXPECT_EQ(parse("GET https://host HTTP/1.1\r\nHost: h")->path, "/");
}

TEST(Request, RefusesWhatIsNoRequest) {
  for (const char* head : {
           "GET",
           "GET /",
           "GET / HTTP/1.1",
           "GET / HTTP/1.1\r\nHost: a\r\nHost: b",
           "GET /% HTTP/1.1\r\nHost: h",
           "GET /%0a HTTP/1.1\r\nHost: h",
           "GET /%00 HTTP/1.1\r\nHost: h",
           "GET /?%zz HTTP/1.1\r\nHost: h",
           "GET v2 HTTP/1.1\r\nHost: h",
           "GET ftp://h/ HTTP/1.1\r\nHost: h",
           "GET /a b HTTP/1.1\r\nHost: h",
           " GET / HTTP/1.1\r\nHost: h",
           "GET / HTTP/1.1\r\nHost h",
           "GET / HTTP/1.1\r\nHost: h\r\nA\x01: b",
           "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x",
           "GET / HTTP/1.1\nHost: h",
           "OPTIONS * HTTP/1.1\r\nHost: h",
       }) {
    const auto request = parse(head);
    EXPECT_FALSE(request) << head;
    EXPECT_EQ(request.error().status, 400U) << head;
  }
  EXPECT_EQ(parse("GET / HTTP/2.0\r\nHost: h").error().status, 505U);
}

TEST(Request, FindsTheEndWhereverTheInputIsCut) {
  const std::string input = "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /next";
  std::size_t searched = 0;
  for (std::size_t size = 0; size < 27; ++size) {
    ASSERT_EQ(find_head_end(std::string_view(input).substr(0, size), searched), std::nullopt) << size;
  }
  EXPECT_EQ(find_head_end(input, searched), 27U);
  EXPECT_EQ(searched, 0U);
}

}  // namespace
}  // namespace kubeferry::registry_server
