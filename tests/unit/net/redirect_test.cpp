// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include <gtest/gtest.h>

namespace kubeferry::net {
namespace {

using testing::Answer;
using testing::FaultServer;

Answer redirect_to(std::string location, int status = 307) {
  return Answer{.status = status, .headers = {{"Location", std::move(location)}}};
}

TEST(Redirect, IsFollowedWithoutRewritingTheTarget) {
  FaultServer server;
  server.on("/a", std::vector{redirect_to("/b/sha256%3Aabc?sig=%2F")});
  server.on("/b/sha256%3Aabc", std::vector{Answer{.body = "there"}});
  const auto response = client_for({&server})->send(get(server.url("/a"))).value();
  EXPECT_EQ(as_text(response.body), "there");
  EXPECT_EQ(server.requests().at(1).target, "/b/sha256%3Aabc?sig=%2F");
  EXPECT_EQ(response.url, server.url("/b/sha256%3Aabc?sig=%2F"));
}

TEST(Redirect, SecretsStayAtTheFirstOrigin) {  // R4
  FaultServer registry;
  FaultServer storage;
  registry.on("/a", std::vector{redirect_to("/same")});
  registry.on("/same", std::vector{redirect_to(storage.url("/b"))});
  storage.on("/b", std::vector{redirect_to(registry.url("/back"))});
  registry.on("/back", std::vector{Answer{.body = "ok"}});
  Request request = get(registry.url("/a"));
  request.authorization = "Bearer canary";
  request.headers.add("X-Registry-Token", "canary");
  request.headers.add("Accept", "x/y");
  EXPECT_EQ(as_text(client_for({&registry, &storage})->send(request).value().body), "ok");
  const auto at_home = registry.requests();
  EXPECT_EQ(at_home.at(0).header("Authorization"), "Bearer canary");
  EXPECT_EQ(at_home.at(1).header("Authorization"), "Bearer canary");
  const auto away = storage.requests();
  ASSERT_EQ(away.size(), 1U);
  EXPECT_EQ(away[0].header("Accept"), "x/y");
  for (const auto& [name, value] : away[0].headers) {
    EXPECT_EQ(value.find("canary"), std::string::npos) << name;
  }
}

TEST(Redirect, FiveHopsAreTheMost) {  // R3
  FaultServer server;
  for (int i = 0; i < 20; ++i) {
    server.on(fmt::format("/{}", i), std::vector{redirect_to(fmt::format("/{}", i + 1))});
  }
  server.on("/20", std::vector{Answer{.body = "end"}});
  server.on("/loop", std::vector{redirect_to("/loop", 302)});
  const auto client = client_for({&server});
  EXPECT_TRUE(client->send(get(server.url("/15"))));
  const auto twenty = client->send(get(server.url("/0")));
  ASSERT_FALSE(twenty);
  EXPECT_EQ(twenty.error().code, ExitCode::network);
  EXPECT_EQ(client->send(get(server.url("/loop"))).error().code, ExitCode::network);
  EXPECT_EQ(server.count("/loop"), 6U);
}

class BadLocation : public ::testing::TestWithParam<const char*> {};

TEST_P(BadLocation, IsRefused) {  // F23
  FaultServer server;
  server.on("/a", std::vector{redirect_to(GetParam())});
  const auto response = client_for({&server})->send(get(server.url("/a")));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ExitCode::network) << response.error().message;
  EXPECT_EQ(server.connections(), 1U);
}
INSTANTIATE_TEST_SUITE_P(Locations, BadLocation,
                         ::testing::Values("", "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/",
                                           "https://user:pass@127.0.0.1/", "http://169.254.169.254/latest/meta-data",
                                           "https://169.254.169.254/", "https://[fe80::1]/", "http://10.9.8.7/plain",
                                           "https://a b/", "//user@127.0.0.1/"));

TEST(Redirect, MissingLocationIsRefused) {
  FaultServer server;
  server.on("/a", std::vector{Answer{.status = 302}});
  EXPECT_EQ(client_for({&server})->send(get(server.url("/a"))).error().code, ExitCode::network);
}

TEST(Redirect, HttpsNeverBecomesHttp) {  // R2
  testing::TestPki pki;
  FaultServer plain;
  plain.on("/b", std::vector{Answer{.body = "stolen"}});
  FaultServer secure({.tls = pki.issue("server")});
  secure.on("/a", std::vector{redirect_to(plain.url("/b"))});
  ClientOptions options = options_for({&plain});
  options.endpoints[secure.authority()].ca = pki.ca();
  const auto client = Client::make(options, std::make_shared<FakeClock>()).value();
  const auto response = client->send(get(secure.url("/a")));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ExitCode::network);
  EXPECT_NE(response.error().message.find("from https to http"), std::string::npos) << response.error().message;
  EXPECT_EQ(plain.connections(), 0U);
}

TEST(Redirect, OnlyReadingIsRedirected) {
  FaultServer server;
  server.on("/a", std::vector{redirect_to("/b")});
  const auto client = client_for({&server});
  for (const Method method : {Method::post, Method::put, Method::patch, Method::remove}) {
    Request request = get(server.url("/a"));
    request.method = method;
    EXPECT_EQ(client->send(request).error().code, ExitCode::network);
  }
  EXPECT_EQ(server.count("/b"), 0U);
}

}  // namespace
}  // namespace kubeferry::net
