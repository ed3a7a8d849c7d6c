// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/kubeadm/secrets.hpp>

#include <gtest/gtest.h>

#include <set>

namespace kubeferry::kubeadm {
namespace {

constexpr std::string_view k_key = "e6a2eb8581237ab72a4f494f30285ec12a9694d750b9785706a83bfcbbbd2204";

TEST(Token, IsWellFormedAndNew) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const auto token = generate_token();
    ASSERT_TRUE(token);
    EXPECT_TRUE(check_token(token->view()));
    EXPECT_TRUE(seen.emplace(token->view()).second);
  }
}

TEST(Token, UsesEveryCharacter) {
  std::set<char> seen;
  for (int i = 0; i < 200; ++i) {
    const auto token = generate_token().value();
    seen.insert(token.view().begin(), token.view().end());
  }
  EXPECT_EQ(seen.size(), 37U) << "[a-z0-9] and the dot";
}

TEST(Token, OfAnotherShapeIsRefusedUnsaid) {
  EXPECT_TRUE(check_token("abcdef.0123456789abcdef"));
  for (const std::string_view wrong :
       {"", "abcdef", "abcdef.0123456789abcde", "abcdef.0123456789abcdefg", "ABCDEF.0123456789abcdef",
        "abcdef-0123456789abcdef", "abcde.f0123456789abcdef", "abcdef.0123456789abcde\n"}) {
    const Status checked = check_token(wrong);
    ASSERT_FALSE(checked) << wrong;
    EXPECT_EQ(checked.error().code, ExitCode::usage);
    EXPECT_EQ(checked.error().message.find("0123456789"), std::string::npos);
  }
}

TEST(Token, HasAPublicPart) { EXPECT_EQ(token_id("abcdef.0123456789abcdef"), "abcdef"); }

TEST(CertificateKey, IsThirtyTwoBytes) {
  const auto key = generate_certificate_key().value();
  EXPECT_EQ(key.view().size(), 64U);
  EXPECT_TRUE(check_certificate_key(key.view()));
  EXPECT_NE(key.view(), generate_certificate_key().value().view());
}

TEST(CertificateKey, OfAnotherShapeIsRefusedUnsaid) {
  EXPECT_TRUE(check_certificate_key(k_key));
  for (const auto wrong : {k_key.substr(1), std::string_view("xyz"), std::string_view()}) {
    const Status checked = check_certificate_key(wrong);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ExitCode::usage);
    EXPECT_EQ(checked.error().message.find("e6a2"), std::string::npos);
  }
}

TEST(CaCertHash, IsThatOfTheAuthoritysKey) {
  // Made by openssl req -x509; the hash is openssl x509 -pubkey | openssl pkey -pubin -outform der | sha256sum.
  constexpr std::string_view pem =
      "-----BEGIN CERTIFICATE-----\n"
      "MIIBgTCCASegAwIBAgIUa2M46E6kEMISayPTRCAv9e4xNJUwCgYIKoZIzj0EAwIw\n"
      "FTETMBEGA1UEAwwKa3ViZXJuZXRlczAgFw0yNjExMjExMDAxNTlaGA8yMTI2MTAy\n"
      "ODEwMDE1OVowFTETMBEGA1UEAwwKa3ViZXJuZXRlczBZMBMGByqGSM49AgEGCCqG\n"
      "SM49AwEHA0IABNFMsQfC+9GdNpghF0s4QpP4V3mNJveP+uf0tqIXlBoP24MCgb2i\n"
      "gCCiiUG/rKWenrHh5RQYz5oBBu1e2uubQBajUzBRMB0GA1UdDgQWBBTY7gzpt5I8\n"
      "g+sBg8nktjIIFqMrlzAfBgNVHSMEGDAWgBTY7gzpt5I8g+sBg8nktjIIFqMrlzAP\n"
      "BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIBL2SshNWsUdrrwLxeAk\n"
      "4evNAAyQJK5PHq15YgSinkQmAiEAoORTUN5Czbuigfkid1S7Go0cmiwRaumJ4+U6\n"
      "dflEDpo=\n"
      "-----END CERTIFICATE-----\n";
  const auto hash = ca_cert_hash(pem, "ca.crt");
  ASSERT_TRUE(hash) << hash.error().message;
  EXPECT_EQ(*hash, "sha256:3a4aa226e6cd6289ed7cd593b43991a7042e3769d5c4177101d76d4058369d0b");
  EXPECT_TRUE(check_ca_cert_hash(*hash));
  EXPECT_EQ(ca_cert_hash("", "ca.crt").error().code, ExitCode::tls);
}

TEST(CaCertHash, OfAnotherShapeIsRefused) {
  for (const std::string& wrong :
       {std::string(), std::string("sha256:"), "sha512:" + std::string(64, 'a'), std::string(64, 'a'),
        "sha256:" + std::string(64, 'g'), "sha256:" + std::string(65, 'a')}) {
    const Status checked = check_ca_cert_hash(wrong);
    ASSERT_FALSE(checked) << wrong;
    EXPECT_EQ(checked.error().code, ExitCode::usage);
  }
}

}  // namespace
}  // namespace kubeferry::kubeadm
