// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "spec_fields.hpp"

namespace kubeferry::catalog {
namespace {

const std::string k_digest = "sha256:" + std::string(64, 'a');

TEST(SpecFields, ImagesThatAreFine) {
  for (const std::string& text : {std::string("busybox"), std::string("library/busybox:1.36"),
                                  std::string("registry.k8s.io/coredns/coredns:v1.12.1"), std::string("localhost/a"),
                                  std::string("127.0.0.1:5000/a/b:3.7.0-rc.0-0"), std::string("[::1]:5000/a:x"),
                                  "quay.io/cilium/cilium:v1.18.0@" + k_digest, "a@" + k_digest,
                                  std::string("a/b__c/d-e--f.g:T_a.g-1"), "a@sha512:" + std::string(128, '0')}) {
    EXPECT_TRUE(check_image(text)) << text;
  }
}

TEST(SpecFields, ImagesThatAreNot) {
  for (const std::string& text : {std::string(),
                                  std::string("-a"),
                                  std::string("a:"),
                                  std::string("a:b:c"),
                                  std::string("a@b"),
                                  std::string("/a"),
                                  std::string("a//b"),
                                  std::string("a/"),
                                  std::string("../a"),
                                  std::string("a/../b"),
                                  std::string("A"),
                                  std::string("a b"),
                                  std::string("a;id"),
                                  std::string("a$(id)"),
                                  std::string("a\n"),
                                  std::string("a.b.c:99999/x"),
                                  std::string("a:.x"),
                                  std::string("a:-x"),
                                  std::string("a___b"),
                                  std::string("a..b/c"),
                                  std::string("EXAMPLE.com/a"),
                                  "a@sha256:" + std::string(63, 'a'),
                                  "a@sha256:" + std::string(64, 'A'),
                                  "a@" + k_digest + "@" + k_digest,
                                  "a@md5:" + std::string(32, 'a'),
                                  std::string("a:") + std::string(129, 'x'),
                                  std::string(2000, 'a')}) {
    const Status status = check_image(text);
    ASSERT_FALSE(status) << text;
    EXPECT_EQ(status.error().code, ExitCode::usage);
  }
}

TEST(SpecFields, Hosts) {
  for (const std::string_view text : {"a", "registry.k8s.io", "a-b.c:5000", "10.0.0.1:1", "[::1]", "[fd00::1]:443"}) {
    EXPECT_TRUE(check_host(text)) << text;
  }
  for (const std::string_view text : {"", "A.b", "a:0", "a:65536", "a:", "a..b", ".a", "a.", "-a", "a-", "a b", "a/b",
                                      "a\nb", "a;b", "u@a", "[::1", "[]", "[::1]x", "[::1]:"}) {
    EXPECT_FALSE(check_host(text)) << text;
  }
}

TEST(SpecFields, Urls) {
  for (const std::string_view text : {"https://a", "http://a:80/", "https://[::1]:8443/x/y?z=1", "https://a.b/%3A"}) {
    EXPECT_TRUE(check_url(text)) << text;
  }
  for (const std::string_view text :
       {"", "a", "ftp://a", "file:///x", "https://", "https:///x", "https://u@a/", "https://a/#f", "https://a/ x",
        "https://a/../b", "https://a/..", "https://a/\"", "https://a\n", "HTTPS://a", "https://a?x"}) {
    EXPECT_FALSE(check_url(text)) << text;
  }
}

TEST(SpecFields, PodCidrs) {
  for (const std::string_view text : {"10.244.0.0/16", "192.168.0.0/16", "10.0.0.0/8", "fd00:10:244::/48",
                                      "10.0.0.0/8,fd00::/8", "fd00::/8,10.0.0.0/8"}) {
    EXPECT_TRUE(parse_pod_cidr(text)) << text;
  }
  for (const std::string_view text :
       {"", "10.244.0.0", "10.244.0.0/", "10.244.0.0/33", "10.244.0.0/016", "10.244.0.1/16", "10.244.0.0/+16", "::/129",
        "0.0.0.0/0", "fd00::1/64", "10.0.0.0/8,11.0.0.0/8", "10.0.0.0/8,fd00::/8,fc00::/8", "10.0.0.0/8, fd00::/8",
        "10.0.0/8", "a/8"}) {
    EXPECT_FALSE(parse_pod_cidr(text)) << text;
  }
}

TEST(SpecFields, Modes) {
  EXPECT_EQ(parse_mode("0755").value(), 0755U);
  EXPECT_EQ(parse_mode("0644").value(), 0644U);
  for (const std::string_view text : {"", "755", "0777", "04755", "0o755", "0600", "rwx"}) {
    EXPECT_FALSE(parse_mode(text)) << text;
  }
}

}  // namespace
}  // namespace kubeferry::catalog
