// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include <kubeferry/base/fd.hpp>

namespace kubeferry::net {
namespace {

using testing::Answer;
using testing::CertificateOptions;
using testing::FaultServer;
using testing::FaultServerOptions;

class Tls : public ::testing::Test {
protected:
  Result<Response> talk_to(FaultServerOptions server_options, EndpointOptions endpoint) {
    FaultServer server(std::move(server_options));
    server.on("/", std::vector{Answer{.body = "ok"}});
    ClientOptions options;
    options.proxy = Proxy::none;
    options.endpoints[server.authority()] = std::move(endpoint);
    KF_TRY_ASSIGN(const auto client, Client::make(options, std::make_shared<FakeClock>()));
    return client->send(get(server.url("/")));
  }
  /// The hint of a failure, which must be one of TLS.
  std::string hint(FaultServerOptions server, EndpointOptions endpoint) {
    const auto response = talk_to(std::move(server), std::move(endpoint));
    EXPECT_FALSE(response);
    if (response) {
      return {};
    }
    EXPECT_EQ(response.error().code, ExitCode::tls) << response.error().message;
    EXPECT_FALSE(response.error().hint.empty());
    return response.error().hint;
  }
  std::string hint(const CertificateOptions& certificate) {
    return hint({.tls = pki_.issue("server", certificate)}, {.ca = pki_.ca()});
  }

  testing::TestPki pki_;
};

TEST_F(Tls, TrustsTheEndpointsCa) {
  const auto response = talk_to({.tls = pki_.issue("server")}, {.ca = pki_.ca()});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(as_text(response->body), "ok");
}

TEST_F(Tls, EachFaultHasItsOwnHint) {  // F25
  EXPECT_NE(hint({.name = "other.example", .for_loopback = false}).find("name that the certificate is made for"),
            std::string::npos);
  EXPECT_NE(hint({.starts_in = -7200, .ends_in = -3600}).find("renewed"), std::string::npos);
  EXPECT_NE(hint({.starts_in = 3600, .ends_in = 7200}).find("start date"), std::string::npos);
  EXPECT_NE(hint({.rsa_bits = 1024}).find("RSA 2048"), std::string::npos);
  EXPECT_NE(hint({.tls = pki_.issue("server")}, {}).find("authority's certificate"), std::string::npos);
  EXPECT_NE(hint({.tls = pki_.self_signed("self")}, {.ca = pki_.ca()}).find("that certificate as the endpoint's CA"),
            std::string::npos);
  EXPECT_NE(hint({.tls = pki_.issue("server"), .old_tls_only = true}, {.ca = pki_.ca()}).find("TLS 1.2"),
            std::string::npos);
  EXPECT_NE(hint({.tls = pki_.issue("server"), .cut_handshake = true}, {.ca = pki_.ca()}).find("cuts it off"),
            std::string::npos);
  EXPECT_NE(hint({.tls = pki_.issue("server"), .client_ca = pki_.ca()}, {.ca = pki_.ca()}).find("client certificate"),
            std::string::npos);
}

TEST_F(Tls, FilesThatCannotBeUsed) {  // F25
  const auto missing = Client::make({.endpoints = {{"h", {.ca = pki_.directory() / "absent.pem"}}}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ExitCode::tls);
  const auto file = pki_.directory() / "no.pem";
  std::ofstream(file) << "not a certificate";
  const auto garbage = Client::make({.endpoints = {{"h", {.ca = file}}}});
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().code, ExitCode::tls);
}

TEST_F(Tls, ACaFileIsReadWhole) {
  const auto broken = pki_.directory() / "broken.pem";
  std::ofstream(broken) << read_file(pki_.ca(), 65536).value()
                        << "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const auto client = Client::make({.endpoints = {{"h:443", {.ca = broken}}}});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, ExitCode::tls);
  EXPECT_NE(client.error().message.find("broken.pem"), std::string::npos) << client.error().message;
}

TEST_F(Tls, TheEndpointsCaReplacesTheSystems) {
  // What the system believes is named by SSL_CERT_FILE, read when the client is made.
  ASSERT_EQ(::setenv("SSL_CERT_FILE", pki_.ca().c_str(), 1), 0);
  const testing::TestPki other;
  const auto by_system = talk_to({.tls = pki_.issue("server")}, {});
  const auto by_other = talk_to({.tls = pki_.issue("server")}, {.ca = other.ca()});
  ASSERT_EQ(::unsetenv("SSL_CERT_FILE"), 0);
  EXPECT_TRUE(by_system) << by_system.error().message;
  ASSERT_FALSE(by_other);
  EXPECT_EQ(by_other.error().code, ExitCode::tls);
}

TEST_F(Tls, ShowsItsClientCertificate) {
  const auto mine = pki_.issue("client");
  const auto response = talk_to({.tls = pki_.issue("server"), .client_ca = pki_.ca()},
                                {.ca = pki_.ca(), .client_certificate = mine.certificate, .client_key = mine.key});
  ASSERT_TRUE(response) << response.error().message;
}

TEST_F(Tls, PlainServerOnATlsPort) {
  FaultServer server;
  ClientOptions options;
  options.proxy = Proxy::none;
  const auto client = Client::make(options, std::make_shared<FakeClock>()).value();
  const auto response = client->send(get("https://" + server.authority() + "/"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ExitCode::tls);
  EXPECT_NE(response.error().hint.find("plain http"), std::string::npos) << response.error().message;
}

}  // namespace
}  // namespace kubeferry::net
