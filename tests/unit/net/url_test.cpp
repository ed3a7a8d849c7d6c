// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/net/url.hpp>

#include <gtest/gtest.h>

namespace kubeferry::net {
namespace {

TEST(Url, TakesApart) {
  const auto url = parse_url("HTTPS://Registry.Example:5001/v2/a%3Ab?x=1&y").value();
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.host, "registry.example");
  EXPECT_EQ(url.port, 5001);
  EXPECT_EQ(url.path, "/v2/a%3Ab");
  EXPECT_EQ(url.query, "x=1&y");
  EXPECT_EQ(url.text(), "https://registry.example:5001/v2/a%3Ab?x=1&y");
  EXPECT_EQ(parse_url("https://a:443").value().text(), "https://a/");
  EXPECT_EQ(parse_url("http://[FE80::1]:80/x").value().text(), "http://[fe80::1]/x");
  EXPECT_EQ(parse_url("http://[::1]:5000").value().authority(), "[::1]:5000");
}

TEST(Url, Refuses) {
  for (const char* text : {"",
                           "registry",
                           "ftp://a/",
                           "file:///etc/passwd",
                           "gopher://a",
                           "https://",
                           "https:///x",
                           "https://u:p@a/",
                           "https://u@a/",
                           "https://a@b@c/",
                           "https://a/#f",
                           "https://a b/",
                           "https://a/\r\nX: y",
                           "https://a\\@b/",
                           "https://a:0/",
                           "https://a:65536/",
                           "https://a:/",
                           "https://a:80x/",
                           "https://[::1/",
                           "https://[::1]x/",
                           "https://[zz]/",
                           "https://-a/",
                           "https://a..b/",
                           "https://a%2f/",
                           "https://\xc3\xa4/",
                           "https://a/\x7f"}) {
    const auto url = parse_url(text);
    EXPECT_FALSE(url) << text;
  }
  EXPECT_FALSE(parse_url("https://a/" + std::string(9000, 'x')));
}

TEST(Url, ErrorsHoldNoPassword) {
  const auto url = parse_url("https://user:canary@host/x?token=canary");
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().message.find("canary"), std::string::npos) << url.error().message;
}

TEST(Url, Joins) {
  const auto base = parse_url("https://a:5000/v2/x/blobs/uploads/1?state=s").value();
  EXPECT_EQ(join_url(base, "https://b/c").value().text(), "https://b/c");
  EXPECT_EQ(join_url(base, "//b/c").value().text(), "https://b/c");
  EXPECT_EQ(join_url(base, "/c?d=e").value().text(), "https://a:5000/c?d=e");
  EXPECT_EQ(join_url(base, "2").value().text(), "https://a:5000/v2/x/blobs/uploads/2");
  EXPECT_EQ(join_url(base, "../../../../../../e").value().text(), "https://a:5000/e");
  EXPECT_EQ(join_url(base, "/x/./y/../z/").value().text(), "https://a:5000/x/z/");
  EXPECT_EQ(join_url(base, "?n=2").value().text(), "https://a:5000/v2/x/blobs/uploads/1?n=2");
  for (const char* reference :
       {"", "file:///x", "ftp://b/", "javascript:x", "https://u@b/", "https://", " /x", "/x#y"}) {
    const auto joined = join_url(base, reference);
    ASSERT_FALSE(joined) << reference;
    EXPECT_EQ(joined.error().code, ExitCode::network) << reference;
  }
}

TEST(Url, Redacts) {
  EXPECT_EQ(redacted("https://u:p@h/x?sig=1"), "https://h/x");
  EXPECT_EQ(redacted("https://h/a@b"), "https://h/a@b");
  EXPECT_EQ(redacted("u:p@h"), "h");
}

TEST(Url, KnowsLinkLocalAddresses) {
  for (const char* host : {"169.254.169.254", "fe80::1", "febf::2", "::ffff:169.254.1.1", "::ffff:a9fe:a9fe"}) {
    EXPECT_TRUE(is_link_local(host)) << host;
  }
  for (const char* host : {"10.0.0.1", "192.168.1.1", "127.0.0.1", "fec0::1", "fe", "1169.254.1.1", "registry"}) {
    EXPECT_FALSE(is_link_local(host)) << host;
  }
}

TEST(Url, EncodesQueryValues) { EXPECT_EQ(encode_query_value("sha256:a/b c~"), "sha256%3Aa%2Fb%20c~"); }

}  // namespace
}  // namespace kubeferry::net
