// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace kubeferry::net {
namespace {

using testing::Answer;
using testing::FaultServer;
using Milliseconds = std::chrono::milliseconds;

Answer busy(int status, std::string retry_after = {}) {
  Answer answer{.status = status};
  if (!retry_after.empty()) {
    answer.headers.emplace_back("Retry-After", std::move(retry_after));
  }
  return answer;
}

TEST(Retry, ServerErrorsAreRepeatedWithGrowingWaits) {  // F19
  FaultServer server;
  server.on("/", std::vector{busy(500), busy(502), busy(503), busy(504), Answer{.body = "at last"}});
  const auto clock = std::make_shared<FakeClock>();
  const auto response = client_for({&server}, clock)->send(get(server.url("/"))).value();
  EXPECT_EQ(as_text(response.body), "at last");
  const auto waits = clock->waits();
  ASSERT_EQ(waits.size(), 4U);
  for (std::size_t i = 0; i < waits.size(); ++i) {
    const auto full = Milliseconds(500) * (1 << i);
    EXPECT_GE(waits[i], full / 2);
    EXPECT_LE(waits[i], full);
  }
}

TEST(Retry, AfterIsHonouredAndCapped) {
  FaultServer server;
  server.on("/", std::vector{busy(429, "7"), busy(429, "Sun, 06 Nov 1994 08:49:49 GMT"), busy(503, "1000000000"),
                             busy(429, "nonsense"), Answer{}});
  const auto clock = std::make_shared<FakeClock>();
  EXPECT_EQ(client_for({&server}, clock)->send(get(server.url("/"))).value().status, 200);
  const auto waits = clock->waits();
  ASSERT_EQ(waits.size(), 4U);
  EXPECT_EQ(waits[0], Milliseconds(7000));
  EXPECT_EQ(waits[1], Milliseconds(12000));
  EXPECT_EQ(waits[2], Milliseconds(60000));
  EXPECT_LE(waits[3], Milliseconds(4000));
}

TEST(Retry, GivesUpWithTheAnswer) {
  FaultServer server;
  server.on("/", std::vector{busy(503)});
  EXPECT_EQ(client_for({&server})->send(get(server.url("/"))).value().status, 503);
  EXPECT_EQ(server.count("/"), 5U);
}

TEST(Retry, OthersAreNotRepeated) {  // F18
  FaultServer server;
  const auto client = client_for({&server});
  for (const int status : {400, 401, 403, 404, 405, 410, 416, 501}) {
    const std::string path = fmt::format("/{}", status);
    server.on(path, std::vector{busy(status)});
    EXPECT_EQ(client->send(get(server.url(path))).value().status, status);
    EXPECT_EQ(server.count(path), 1U) << status;
  }
}

TEST(Retry, OnlyWhatMayBeDoneTwice) {  // R12
  FaultServer server;
  const auto client = client_for({&server});
  const auto count = [&](const std::string& path, Method method, Retry retry) {
    server.on(path, std::vector{busy(503)});
    Request request = get(server.url(path));
    request.method = method;
    request.retry = retry;
    EXPECT_EQ(client->send(request).value().status, 503);
    return server.count(path);
  };
  EXPECT_EQ(count("/post", Method::post, Retry::by_method), 1U);
  EXPECT_EQ(count("/patch", Method::patch, Retry::by_method), 1U);
  EXPECT_EQ(count("/put", Method::put, Retry::by_method), 5U);
  EXPECT_EQ(count("/never", Method::get, Retry::never), 1U);
  EXPECT_EQ(count("/always", Method::post, Retry::always), 5U);
}

TEST(Retry, BudgetIsSharedByAllRequests) {
  FaultServer server;
  server.on("/", std::vector{busy(503)});
  ClientOptions options = options_for({&server});
  options.retry.budget = 6;
  const auto client = Client::make(options, std::make_shared<FakeClock>()).value();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(client->send(get(server.url("/"))).value().status, 503);
  }
  EXPECT_EQ(server.count("/"), 5U + 6U);
}

TEST(Retry, BrokenConnectionsAreRepeated) {  // F15
  FaultServer server;
  server.on("/", std::vector{Answer{.body = "whole", .drop_after = 2}, Answer{.body = "whole"}});
  EXPECT_EQ(as_text(client_for({&server})->send(get(server.url("/"))).value().body), "whole");
}

TEST(Retry, WaitEndsWhenTold) {
  FaultServer server;
  server.on("/", std::vector{busy(503, "30")});
  std::stop_source stop;
  Request request = get(server.url("/"));
  request.stop = stop.get_token();
  const auto client = client_for({&server}, std::make_shared<SystemClock>());
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(Milliseconds(200));
    stop.request_stop();
  });
  EXPECT_EQ(client->send(request).error().code, ExitCode::interrupted);
}

}  // namespace
}  // namespace kubeferry::net
