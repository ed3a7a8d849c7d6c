// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include <array>
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

namespace kubeferry::registry {
namespace {

using testing::Answer;
using testing::FaultServer;
using testing::Recorded;

const std::string k_path = "/v2/team/app/manifests/1";

/// A registry that wants a bearer token; each token is good for `uses` requests.
class TokenRegistry {
public:
  explicit TokenRegistry(int uses = 1'000'000) {
    server.on("/token", [this](const Recorded&) {
      return Answer{.body = fmt::format(R"({{"token":"t{}","expires_in":300}})", ++tokens)};
    });
    server.on(k_path, [this, uses](const Recorded& request) {
      const int token = tokens;
      if (token == 0 || request.header("Authorization") != fmt::format("Bearer t{}", token) ||
          used.at(static_cast<std::size_t>(token) % used.size())++ >= uses) {
        return challenge(fmt::format(R"(Bearer realm="{}",service="s v",scope="repository:someone/else:push")",
                                     server.url("/token")));
      }
      return manifest_answer();
    });
  }
  FaultServer server;
  std::atomic<int> tokens = 0;
  std::array<std::atomic<int>, 100> used{};
};

TEST(Auth, FetchesATokenForOurOwnScope) {  // F17
  TokenRegistry registry;
  const auto client = client_for(registry.server);
  ASSERT_TRUE(client->manifest(reference("reg.example/team/app:1")));
  ASSERT_TRUE(client->manifest(reference("reg.example/team/app:1")));
  EXPECT_EQ(registry.server.count("/token"), 1U);
  EXPECT_EQ(registry.server.count(k_path), 3U) << "401, then twice with the token";
  const auto asked = registry.server.requests().at(1);
  EXPECT_EQ(asked.target, "/token?service=s%20v&scope=repository%3Ateam%2Fapp%3Apull");
  EXPECT_FALSE(asked.has_header("Authorization"));
}

TEST(Auth, ShowsThePasswordToTheTokenServerOnly) {
  TokenRegistry registry;
  const auto client = client_for(registry.server, Credentials{"u", "p", {}});
  ASSERT_TRUE(client->manifest(reference("reg.example/team/app:1")));
  for (const auto& request : registry.server.requests()) {
    EXPECT_EQ(request.header("Authorization") == "Basic dTpw", request.target.starts_with("/token")) << request.target;
  }
}

TEST(Auth, IdentityTokensAreExchanged) {
  TokenRegistry registry;
  const auto client = client_for(registry.server, Credentials{{}, {}, "id/1"});
  ASSERT_TRUE(client->manifest(reference("reg.example/team/app:1")));
  const auto asked = registry.server.requests().at(1);
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.body,
            "grant_type=refresh_token&service=s%20v&client_id=kubeferry&scope=repository%3Ateam%2Fapp%3Apull&refresh_"
            "token=id%2F1");
}

TEST(Auth, RefreshesOnceWhenATokenRunsOut) {  // F17
  TokenRegistry registry(2);
  const auto client = client_for(registry.server);
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(client->manifest(reference("reg.example/team/app:1")));
  }
  EXPECT_EQ(registry.server.count("/token"), 3U);

  TokenRegistry refusing(0);
  const auto refused = client_for(refusing.server)->manifest(reference("reg.example/team/app:1"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::auth);
  EXPECT_LE(refusing.server.count("/token"), 2U);
}

TEST(Auth, RenewsBeforeItRunsOut) {
  TokenRegistry registry;
  const auto clock = std::make_shared<FakeClock>();
  const auto client = client_for(registry.server, {}, clock);
  ASSERT_TRUE(client->manifest(reference("reg.example/team/app:1")));
  clock->advance(std::chrono::seconds(299));
  ASSERT_TRUE(client->manifest(reference("reg.example/team/app:1")));
  EXPECT_EQ(registry.server.count("/token"), 2U);
  EXPECT_EQ(registry.server.count(k_path), 3U) << "no second 401";
}

TEST(Auth, ManyThreadsShareOneToken) {
  TokenRegistry registry;
  const auto client = client_for(registry.server);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_TRUE(client->manifest(reference("reg.example/team/app:1"))); });
  }
  threads.clear();
  EXPECT_EQ(registry.server.count("/token"), 1U);
}

TEST(Auth, Basic) {  // F17
  FaultServer server;
  server.on(k_path, [](const Recorded& request) {
    return request.header("Authorization") == "Basic dTpw" ? manifest_answer() : challenge("Basic realm=\"r\"");
  });
  EXPECT_TRUE(client_for(server, Credentials{"u", "p", {}})->manifest(reference("reg.example/team/app:1")));
  const auto wrong = client_for(server, Credentials{"u", "canary", {}})->manifest(reference("reg.example/team/app:1"));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ExitCode::auth);
  EXPECT_EQ(wrong.error().message.find("canary"), std::string::npos);
  const auto none = client_for(server)->manifest(reference("reg.example/team/app:1"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ExitCode::auth);
  EXPECT_NE(none.error().hint.find("docker login"), std::string::npos);
}

class Refusal : public ::testing::TestWithParam<const char*> {};

TEST_P(Refusal, EndsInAuthAndSendsNothing) {  // F17, M56
  FaultServer server;
  server.on(k_path, std::vector{challenge(GetParam())});
  const auto result = client_for(server, Credentials{"u", "p", {}})->manifest(reference("reg.example/team/app:1"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ExitCode::auth) << result.error().message;
  EXPECT_EQ(server.requests().size(), 1U);
}
INSTANTIATE_TEST_SUITE_P(
    Challenges, Refusal,
    ::testing::Values("", "Bearer", "Negotiate", "Bearer realm=\"", "Bearer service=x",
                      "Bearer realm=\"http://169.254.169.254/latest\"", "Bearer realm=\"file:///etc/passwd\"",
                      "Bearer realm=\"https://evil.example/token\"", "Bearer realm=\"https://auth.docker.io/token\"",
                      "Bearer realm=\"ftp://127.0.0.1/\"", "Bearer realm=\"https://u:p@127.0.0.1/\""));

TEST(Auth, NoChallengeAtAll) {  // F17
  FaultServer server;
  server.on(k_path, std::vector{Answer{.status = 401}});
  const auto result = client_for(server)->manifest(reference("reg.example/team/app:1"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ExitCode::auth);
}

TEST(Auth, TheRealmMayNotFallBackToHttp) {
  testing::TestPki pki;
  FaultServer server({.tls = pki.issue("server")});
  server.on(k_path, std::vector{challenge("Bearer realm=\"http://127.0.0.1:9/token\"")});
  ClientOptions options;
  options.http.proxy = net::Proxy::none;
  options.upstreams["reg.example"] = {.base_url = server.url(), .ca = pki.ca()};
  const auto result = Client::make(options).value()->manifest(reference("reg.example/team/app:1"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ExitCode::auth);
  EXPECT_NE(result.error().message.find("plain http"), std::string::npos);
}

TEST(Auth, TokenServersThatMisbehave) {  // F17, M56
  const auto token_json = [](const std::string& token) { return Answer{.body = R"({"token":")" + token + "\"}"}; };
  for (const Answer& answer : {Answer{.status = 403, .body = "denied"}, Answer{.status = 401}, Answer{.status = 400},
                               Answer{.body = "<html>"}, Answer{.body = "{}"}, Answer{.body = R"({"token":""})"},
                               Answer{.body = R"({"token":5})"}, token_json("a\\r\\nX-Evil: y"), token_json("a b"),
                               token_json(std::string(70'000, 'x')), token_json(std::string(1 << 20, 'x'))}) {
    FaultServer server;
    server.on("/token", std::vector{answer});
    server.on(k_path, std::vector{challenge("Bearer realm=\"" + server.url("/token") + "\"")});
    const auto result = client_for(server)->manifest(reference("reg.example/team/app:1"));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ExitCode::auth) << result.error().message;
    EXPECT_EQ(server.count(k_path), 1U) << "no such token is ever sent";
  }
}

TEST(Auth, ATokenServerThatIsDownIsNoRefusal) {
  FaultServer server;
  server.on("/token", std::vector{Answer{.status = 503}});
  server.on(k_path, std::vector{challenge("Bearer realm=\"" + server.url("/token") + "\"")});
  const auto result = client_for(server)->manifest(reference("reg.example/team/app:1"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ExitCode::network);
}

}  // namespace
}  // namespace kubeferry::registry
