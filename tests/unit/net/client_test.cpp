// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace kubeferry::net {
namespace {

using testing::Answer;
using testing::FaultServer;
using testing::Framing;
using testing::Recorded;

TEST(Client, SendsAndReceives) {
  FaultServer server;
  server.on("/echo", [](const Recorded& request) {
    return Answer{.status = 201, .headers = {{"X-Method", request.method}}, .body = request.body};
  });
  const auto client = client_for({&server});
  Request request = get(server.url("/echo?a=b"));
  request.method = Method::put;
  request.content = "content";
  request.headers.add("Content-Type", "text/x");
  const auto response = client->send(request).value();
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.headers.find("x-method"), "PUT");
  EXPECT_EQ(as_text(response.body), "content");
  const auto seen = server.requests().at(0);
  EXPECT_EQ(seen.target, "/echo?a=b");
  EXPECT_EQ(seen.header("Content-Type"), "text/x");
  EXPECT_EQ(seen.header("User-Agent"), "kubeferry");
  EXPECT_FALSE(seen.has_header("Accept-Encoding")) << "R10";
}

TEST(Client, StreamsABodyOut) {
  FaultServer server;
  server.on("/up", std::vector{Answer{.status = 201}});
  const auto client = client_for({&server});
  const std::string content = noise(3'000'000);
  Request request = get(server.url("/up"));
  request.method = Method::put;
  request.body = StreamedBody{[&] { return std::make_unique<MemorySource>(as_byte_view(content)); }, content.size()};
  EXPECT_EQ(client->send(request).value().status, 201);
  EXPECT_EQ(server.requests().at(0).body, content);

  request.body->size += 1;
  const auto early = client->send(request);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, ExitCode::integrity);
}

TEST(Client, KeepsConnectionsAndWorksFromManyThreads) {
  FaultServer server;
  server.on("/x", std::vector{Answer{.body = noise(100'000)}});
  const auto client = client_for({&server});
  const std::string expected = noise(100'000);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 25; ++n) {
        EXPECT_EQ(as_text(client->send(get(server.url("/x"))).value().body), expected);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(server.count("/x"), 100U);
  EXPECT_LE(server.connections(), 4U);
}

TEST(Client, StopsAtTheBodyLimit) {
  FaultServer server;
  server.on("/length", std::vector{Answer{.body = std::string(2000, 'x')}});
  server.on("/chunked", std::vector{Answer{.body = std::string(2000, 'x'), .framing = Framing::chunked}});
  const auto client = client_for({&server});
  for (const char* path : {"/length", "/chunked"}) {
    Request request = get(server.url(path));
    request.body_limit = 1000;
    const auto response = client->send(request);
    ASSERT_FALSE(response) << path;
    EXPECT_EQ(response.error().code, ExitCode::limit) << path;
    request.body_limit = 2000;
    EXPECT_TRUE(client->send(request)) << path;
  }
}

TEST(Client, StopsAtTheHeaderLimit) {
  FaultServer server;
  server.on("/", std::vector{Answer{.headers = {{"X-Long", std::string(70'000, 'x')}}}});
  const auto response = client_for({&server})->send(get(server.url("/")));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ExitCode::limit);
}

TEST(Client, RefusesAnEncodingThatNobodyAskedFor) {
  FaultServer server;
  server.on("/", std::vector{Answer{.headers = {{"Content-Encoding", "gzip"}}, .body = "\x1f\x8b"}});
  const auto response = client_for({&server})->send(get(server.url("/")));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ExitCode::integrity);
}

TEST(Client, ErrorBodiesAreCutShort) {
  FaultServer server;
  server.on("/", std::vector{Answer{.status = 404, .body = std::string(3'000'000, 'x')}});
  const auto response = client_for({&server})->send(get(server.url("/"))).value();
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body.size(), 65536U);
}

TEST(Client, PlainHttpOnlyWhereFlagged) {
  FaultServer server;
  const auto client = client_for({});
  const auto response = client->send(get(server.url("/")));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ExitCode::network);
  EXPECT_EQ(server.connections(), 0U);
}

TEST(Client, HeadersCannotBeSmuggledIn) {
  FaultServer server;
  Request request = get(server.url("/"));
  request.authorization = "Bearer x\r\nX-Evil: y";
  const auto response = client_for({&server})->send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ExitCode::auth);
  EXPECT_EQ(server.connections(), 0U);
}

TEST(Client, TimesOutOnSilenceAndOnDripping) {  // F20
  FaultServer server;
  server.on("/silent", std::vector{Answer{.body = "late", .delay = std::chrono::milliseconds(3000)}});
  server.on("/drip", std::vector{Answer{
                         .body = std::string(20, 'x'), .drip_bytes = 1, .drip_pause = std::chrono::milliseconds(250)}});
  ClientOptions options = options_for({&server});
  options.idle_timeout = std::chrono::seconds(1);
  options.retry.attempts = 1;
  const auto client = Client::make(options).value();
  for (const char* path : {"/silent", "/drip"}) {
    const auto start = std::chrono::steady_clock::now();
    const auto response = client->send(get(server.url(path)));
    ASSERT_FALSE(response) << path;
    EXPECT_EQ(response.error().code, ExitCode::network) << path;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(2900)) << path;
  }
}

TEST(Client, StopsWhenTold) {
  FaultServer server;
  server.on("/", std::vector{Answer{.body = "late", .delay = std::chrono::milliseconds(2500)}});
  std::stop_source stop;
  Request request = get(server.url("/"));
  request.stop = stop.get_token();
  const auto client = client_for({&server});
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop.request_stop();
  });
  const auto start = std::chrono::steady_clock::now();
  const auto response = client->send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ExitCode::interrupted);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(Client, StatusesBecomeErrorsByClass) {  // F18
  const auto code = [](int status) {
    return expect_success(Response{status, {}, {}, "https://h/x?secret"}, "img").error();
  };
  EXPECT_TRUE(expect_success(Response{204, {}, {}, ""}, "img"));
  EXPECT_EQ(code(401).code, ExitCode::auth);
  EXPECT_EQ(code(403).code, ExitCode::auth);
  EXPECT_EQ(code(407).code, ExitCode::auth);
  for (const int status : {302, 400, 404, 405, 410, 413, 416, 429, 500, 503}) {
    EXPECT_EQ(code(status).code, ExitCode::network) << status;
  }
  EXPECT_EQ(code(404).message, "img: not found (HTTP 404 from https://h/x)");
}

TEST(Client, SaysWhatAPageIsAbout) {
  const auto message = [](std::string_view body) {
    const ByteView bytes = as_byte_view(body);
    return expect_success(Response{503, {}, {bytes.begin(), bytes.end()}, "https://h/x"}, "img").error().message;
  };
  const auto shown = [&](std::string_view body) {
    const std::string text = message(body);
    return text.substr(text.find("https://h/x)") + 12);
  };
  EXPECT_EQ(shown("<!DOCTYPE html>\n<html><head>\n<TITLE lang=en>\n Access \x1b[0m denied </title>"),
            ": Access \\x1b[0m denied");
  EXPECT_EQ(shown("<html><title>cut o"), ": <html><title>cut o");
  EXPECT_EQ(shown("<Error><Code>SlowDown</Code></Error>"), ": <Error><Code>SlowDown</Code></Error>");
  EXPECT_EQ(shown("{\"title\":1}"), ": {\"title\":1}");
  EXPECT_EQ(shown(" \n"), "");
}

TEST(Client, FetchGoesToASink) {
  FaultServer server;
  server.on("/x", std::vector{Answer{.body = "abc"}});
  server.on("/half", std::vector{Answer{.body = "abcdef", .drop_after = 3}});
  const auto client = client_for({&server});
  MemorySink sink(100);
  EXPECT_EQ(client->fetch(get(server.url("/x")), sink).value().status, 200);
  EXPECT_EQ(as_text(sink.bytes()), "abc");
  MemorySink half(100);
  const auto response = client->fetch(get(server.url("/half")), half);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ExitCode::network);
  EXPECT_EQ(server.count("/half"), 1U) << "the sink had bytes: no repetition";
}

TEST(Client, NamesWhatIsWrongWithTheConnection) {  // F14, F15
  ClientOptions options;
  options.proxy = Proxy::none;
  options.endpoints["127.0.0.1:1"].plain_http = true;
  options.endpoints["no-such-host.invalid"].plain_http = true;
  const auto clock = std::make_shared<FakeClock>();
  const auto client = Client::make(options, clock).value();
  const auto refused = client->send(get("http://127.0.0.1:1/"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::network);
  EXPECT_EQ(clock->waits().size(), 2U);
  const auto unknown = client->send(get("http://no-such-host.invalid/"));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ExitCode::network);
}

}  // namespace
}  // namespace kubeferry::net
