// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/x509.hpp>

#include <gtest/gtest.h>

namespace kubeferry::crypto {
namespace {

const TimePoint k_start = parse_rfc3339("2026-11-21T03:15:00Z").value();
constexpr std::chrono::days k_year(365);

Identity authority() {
  return std::move(
      make_authority({.common_name = "kubeferry CA", .not_before = k_start, .not_after = k_start + 10 * k_year})
          .value());
}

ServerRequest request() {
  return {.dns_names = {"registry.local", "*.node.local"},
          .ip_addresses = {"10.0.0.1", "fd00::1"},
          .not_before = k_start,
          .not_after = k_start + k_year};
}

TEST(Certificate, AuthorityReadsBack) {
  const auto facts = read_certificate(authority().certificate_pem, "ca");
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->subject, "CN=kubeferry CA");
  EXPECT_EQ(facts->not_before, k_start);
  EXPECT_EQ(facts->not_after, k_start + 10 * k_year);
  EXPECT_TRUE(facts->is_authority);
  EXPECT_TRUE(facts->dns_names.empty());
}

TEST(Certificate, ServerReadsBack) {
  const Identity server = std::move(make_server_identity(authority(), request()).value());
  const auto facts = read_certificate(server.certificate_pem, "server");
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->subject, "CN=registry.local");
  EXPECT_EQ(facts->dns_names, request().dns_names);
  EXPECT_EQ(facts->ip_addresses, request().ip_addresses);
  EXPECT_EQ(facts->not_after, k_start + k_year);
  EXPECT_FALSE(facts->is_authority);
}

TEST(Certificate, EveryOneHasItsOwnKeyAndSerial) {
  const Identity ca = authority();
  const auto first = read_certificate(make_server_identity(ca, request()).value().certificate_pem, "a");
  const auto second = read_certificate(make_server_identity(ca, request()).value().certificate_pem, "b");
  EXPECT_NE(first.value().fingerprint, second.value().fingerprint);
}

TEST(Certificate, ServerEndsWithItsAuthority) {
  ServerRequest longer = request();
  longer.not_after = k_start + 20 * k_year;
  const auto facts = read_certificate(make_server_identity(authority(), longer).value().certificate_pem, "server");
  EXPECT_EQ(facts.value().not_after, k_start + 10 * k_year);
}

TEST(Certificate, AddressesAloneAreEnough) {
  ServerRequest addresses = request();
  addresses.dns_names.clear();
  EXPECT_EQ(read_certificate(make_server_identity(authority(), addresses).value().certificate_pem, "s").value().subject,
            "CN=10.0.0.1");
}

TEST(Certificate, LongHostNamesFit) {
  ServerRequest deep = request();
  deep.dns_names = {std::string(60, 'a') + "." + std::string(60, 'b') + ".local"};
  const auto server = make_server_identity(authority(), deep);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ(read_certificate(server->certificate_pem, "s").value().dns_names, deep.dns_names);
}

TEST(Certificate, RefusesWrongNamesAndPeriods) {
  const Identity ca = authority();
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a..b"), std::string(".a"), std::string("*"),
        std::string("a,DNS:evil"), std::string("-a"), std::string(254, 'a')}) {
    ServerRequest wrong = request();
    wrong.dns_names = {name};
    const auto server = make_server_identity(ca, wrong);
    ASSERT_FALSE(server) << name;
    EXPECT_EQ(server.error().code, ExitCode::usage);
  }
  ServerRequest wrong = request();
  for (const std::string& address : {std::string("300.1.1.1"), std::string("10.0.0.1\0.evil", 14), std::string()}) {
    wrong.ip_addresses = {address};
    EXPECT_EQ(make_server_identity(ca, wrong).error().code, ExitCode::usage) << address;
  }
  wrong.dns_names.clear();
  wrong.ip_addresses.clear();
  EXPECT_EQ(make_server_identity(ca, wrong).error().code, ExitCode::usage);
  wrong = request();
  wrong.not_after = wrong.not_before;
  EXPECT_EQ(make_server_identity(ca, wrong).error().code, ExitCode::usage);
  EXPECT_EQ(make_authority({.common_name = "", .not_before = k_start, .not_after = k_start + k_year}).error().code,
            ExitCode::usage);
}

// Made by openssl req -x509; the digest is openssl x509 -pubkey | openssl pkey -pubin -outform der | sha256sum.
constexpr std::string_view k_by_openssl =
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

TEST(SpkiDigest, IsWhatOpensslSays) {
  EXPECT_EQ(spki_digest(k_by_openssl, "ca.crt").value().to_string(),
            "sha256:3a4aa226e6cd6289ed7cd593b43991a7042e3769d5c4177101d76d4058369d0b");
}

TEST(SpkiDigest, BelongsToTheKeyAndNotToTheCertificate) {
  const Identity ca = authority();
  EXPECT_EQ(spki_digest(ca.certificate_pem, "ca").value().hex(), ca.key.public_key().key_id());
}

TEST(SpkiDigest, SaysWhatHoldsNoCertificate) {
  const auto digest = spki_digest("junk", "ca.crt");
  ASSERT_FALSE(digest);
  EXPECT_EQ(digest.error().code, ExitCode::tls);
  EXPECT_EQ(digest.error().message, "ca.crt: holds no certificate in PEM");
}

TEST(Certificate, ReadingSaysWhatIsWrong) {
  for (const char* const bad : {"", "junk", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    const auto facts = read_certificate(bad, "ca.pem");
    ASSERT_FALSE(facts);
    EXPECT_EQ(facts.error().code, ExitCode::tls);
    EXPECT_NE(facts.error().message.find("ca.pem"), std::string::npos);
  }
}

}  // namespace
}  // namespace kubeferry::crypto
