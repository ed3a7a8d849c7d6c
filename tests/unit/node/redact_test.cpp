// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <gtest/gtest.h>

#include <kubeferry/base/json.hpp>
#include <kubeferry/node/doctor.hpp>

namespace kubeferry::node {
namespace {

TEST(Redact, TokensKeepTheirPublicHalf) {
  EXPECT_EQ(redact("kubeadm join a:6443 --discovery abcdef.0123456789abcdef \\"),
            "kubeadm join a:6443 --discovery abcdef.[redacted] \\");
  EXPECT_EQ(redact("(abcdef.0123456789abcdef)"), "(abcdef.[redacted])");
}

TEST(Redact, WhatOnlyLooksLikeATokenStays) {
  for (const char* text : {"abcdef.0123456789abcde", "abcdef.0123456789abcdef0", "abcde.0123456789abcdef",
                           "10.0.0.1:6443", "registry.k8s.io/pause:3.10", "containerd.service is active"}) {
    EXPECT_EQ(redact(text), text);
  }
}

TEST(Redact, PrivateKeys) {
  EXPECT_EQ(redact("a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb"), "a\n[redacted]\nb");
  EXPECT_EQ(redact(R"("key": "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n")"),
            R"("key": "[redacted]\n")");
  EXPECT_EQ(redact("-----BEGIN EC PRIVATE KEY-----\nMIIE and cut off"), "[redacted]");
  const char* certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(redact(certificate), certificate);
  EXPECT_EQ(redact(std::string(certificate) + "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n"),
            std::string(certificate) + "[redacted]\n");
}

TEST(Redact, CertificateKeys) {
  const std::string key(64, 'a');
  EXPECT_EQ(redact("--certificate-key " + key + " --v=5"), "--certificate-key [redacted] --v=5");
  EXPECT_EQ(redact("[upload-certs] Using certificate key:\n" + key + "\nnext"),
            "[upload-certs] Using certificate key:\n[redacted]\nnext");
  EXPECT_EQ(redact("certificateKey: " + key + "\nx: 1"), "certificateKey: [redacted]\nx: 1");
  EXPECT_EQ(redact("sha256:" + key), "sha256:" + key);
}

TEST(Redact, ValuesByTheirKeys) {
  EXPECT_EQ(redact("password = \"a b\"\nname = \"x\""), "password = \"[redacted]\"\nname = \"x\"");
  EXPECT_EQ(redact("DB_PASSWORD=hunter2 and more"), "DB_PASSWORD=[redacted]");
  EXPECT_EQ(redact("Authorization: Digest abc\nHost: x"), "Authorization: [redacted]\nHost: x");
  EXPECT_EQ(redact("  client-key-data: TUlJ\n  user: x"), "  client-key-data: [redacted]\n  user: x");
  EXPECT_EQ(redact("--password hunter2 --user x"), "--password [redacted] --user x");
  EXPECT_EQ(redact("password = '''a\nb'''\nc = 1"), "password = '''[redacted]'''\nc = 1");
}

TEST(Redact, QuotesWithinQuotes) {
  EXPECT_EQ(redact(R"({"password": "a\"b", "x": "y"})"), R"({"password": "[redacted]", "x": "y"})");
  EXPECT_EQ(redact(R"("last": "{\"password\":\"a\",\"x\":\"y\"}")"),
            R"("last": "{\"password\":\"[redacted]\",\"x\":\"y\"}")");
  EXPECT_EQ(redact(R"({"password": "a\\", "x": "y"})"), R"({"password": "[redacted]", "x": "y"})");
}

TEST(Redact, HeadersWhereverTheyStand) {
  EXPECT_EQ(redact("authorization = [\n  \"Basic dXNlcjpwYXNz\"\n]"), "authorization = [\n  \"Basic [redacted]\"\n]");
  EXPECT_EQ(redact("sent eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrIn0.c2lnbmVk to"), "sent [redacted] to");
}

TEST(Redact, MoreKeysForPods) {
  constexpr std::array<std::string_view, 1> k_more = {"value"};
  EXPECT_EQ(redact(R"({"name": "DB", "value": "s3"})", k_more), R"({"name": "DB", "value": "[redacted]"})");
  EXPECT_EQ(redact(R"({"name": "DB", "value": "s3"})"), R"({"name": "DB", "value": "s3"})");
}

TEST(Redact, JsonStaysJson) {
  const std::string text =
      "{\n  \"args\": [\n    \"--password=hunter2\",\n    \"--token=abc\"\n  ],\n  \"automountServiceAccountToken\": "
      "false,\n  \"secret\": {\n    \"name\": \"x\"\n  }\n}";
  const std::string clean = redact(text);
  EXPECT_EQ(clean.find("hunter2"), std::string::npos);
  EXPECT_EQ(clean.find("abc"), std::string::npos);
  EXPECT_TRUE(parse_json(clean, "pods")) << clean;
}

}  // namespace
}  // namespace kubeferry::node
