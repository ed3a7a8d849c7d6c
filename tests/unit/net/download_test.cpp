// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include <atomic>

#include <gtest/gtest.h>

namespace kubeferry::net {
namespace {

using testing::Answer;
using testing::FaultServer;
using testing::Framing;
using testing::Ranges;
using testing::Recorded;

constexpr std::size_t k_size = 300'000;

class DownloadTest : public ::testing::Test {
protected:
  Result<Download> download(std::uint64_t size = k_size, std::uint64_t from = 0) {
    return client_->download(get(server_.url("/blob")), size, from, sink_);
  }
  /// A server that honours ranges, and drops the first answers after so many bytes.
  void drop_first(int times, std::size_t after, std::string etag = "\"one\"") {
    server_.on("/blob", [this, times, after, etag, n = std::make_shared<std::atomic<int>>(0)](const Recorded&) {
      Answer answer{.headers = {{"ETag", etag}}, .body = content_, .ranges = Ranges::honoured};
      if ((*n)++ < times) {
        answer.drop_after = after;
      }
      return answer;
    });
  }
  void expect_whole(const Result<Download>& result) const {
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->received, k_size);
    EXPECT_TRUE(sink_.text == content_);
  }

  FaultServer server_;
  std::string content_ = noise(k_size);
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  std::unique_ptr<Client> client_ = client_for({&server_}, clock_);
  StringSink sink_;
};

TEST_F(DownloadTest, InOneGo) {
  drop_first(0, 0);
  expect_whole(download());
  EXPECT_EQ(server_.count("/blob"), 1U);
}

TEST_F(DownloadTest, EmptyOne) {
  server_.on("/blob", std::vector{Answer{}});
  EXPECT_EQ(download(0).value().received, 0U);
}

TEST_F(DownloadTest, GoesOnWhereItBrokeOff) {  // F15
  drop_first(3, 70'000);
  expect_whole(download());
  EXPECT_EQ(sink_.restarts, 0);
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_FALSE(requests[0].has_header("Range"));
  EXPECT_EQ(requests[1].header("Range"), "bytes=70000-");
  EXPECT_EQ(requests[1].header("If-Range"), "\"one\"");
}

TEST_F(DownloadTest, GoesOnAfterMoreBreaksThanAttempts) {
  drop_first(12, 20'000);
  expect_whole(download());
}

TEST_F(DownloadTest, GoesOnFromAnEarlierRun) {
  drop_first(0, 0);
  sink_.text = content_.substr(0, 1000);
  expect_whole(download(k_size, 1000));
  EXPECT_EQ(server_.requests().at(0).header("Range"), "bytes=1000-");
}

TEST_F(DownloadTest, StartsOverWhenRangesAreIgnored) {  // F24
  server_.on("/blob", std::vector{Answer{.body = content_, .drop_after = 50'000}, Answer{.body = content_}});
  expect_whole(download());
  EXPECT_EQ(sink_.restarts, 1);
}

TEST_F(DownloadTest, StartsOverOnAnotherOffset) {  // F24
  for (const char* range :
       {"bytes 0-299999/300000", "bytes 50001-299999/300000", "bytes 50000-299999/400000", "nonsense", ""}) {
    sink_ = StringSink();
    server_.on(
        "/blob",
        std::vector{Answer{.body = content_, .drop_after = 50'000},
                    Answer{.status = 206, .headers = {{"Content-Range", range}}, .body = content_.substr(50'000)},
                    Answer{.body = content_}});
    expect_whole(download());
    EXPECT_EQ(sink_.restarts, 1) << range;
  }
}

TEST_F(DownloadTest, StartsOverWhenTheEtagChanged) {  // F24
  server_.on(
      "/blob",
      std::vector{Answer{.headers = {{"ETag", "\"one\""}}, .body = noise(k_size + 1).substr(1), .drop_after = 50'000},
                  Answer{.headers = {{"ETag", "\"two\""}}, .body = content_, .ranges = Ranges::honoured}});
  expect_whole(download());
  EXPECT_EQ(sink_.restarts, 1);
}

TEST_F(DownloadTest, WeakEtagsAreNotSent) {
  drop_first(1, 1000, "W/\"weak\"");
  expect_whole(download());
  EXPECT_FALSE(server_.requests().at(1).has_header("If-Range"));
}

TEST_F(DownloadTest, StartsOverWhenTheRangeIsRefused) {
  server_.on("/blob", std::vector{Answer{.status = 416}, Answer{.body = content_}});
  sink_.text = "x";
  expect_whole(download(k_size, 1));
  EXPECT_EQ(sink_.restarts, 1);
}

TEST_F(DownloadTest, AnotherLengthIsAnotherThing) {  // F21: paywall
  server_.on("/blob",
             std::vector{Answer{.headers = {{"Content-Type", "text/html"}}, .body = "<html>pay first</html>"}});
  const auto result = download();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ExitCode::integrity);
  EXPECT_TRUE(sink_.text.empty());
  EXPECT_EQ(server_.count("/blob"), 1U);
}

TEST_F(DownloadTest, StopsAtOneByteTooMany) {  // F21, R9
  for (const auto framing : {Framing::chunked, Framing::until_close}) {
    sink_ = StringSink();
    server_.on("/blob", std::vector{Answer{.body = content_ + "more", .framing = framing}});
    const auto result = download();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ExitCode::integrity);
    EXPECT_LE(sink_.text.size(), k_size);
  }
}

TEST_F(DownloadTest, ShortBodyWithoutLengthIsNotTheWhole) {  // F21
  server_.on("/blob", std::vector{Answer{.body = content_.substr(0, 1000), .framing = Framing::until_close}});
  const auto result = download();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ExitCode::integrity);
}

TEST_F(DownloadTest, LengthThatPromisesMoreThanComes) {  // F21
  server_.on("/blob", std::vector{Answer{.body = content_.substr(0, 1000), .content_length = k_size}});
  const auto result = download();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ExitCode::network);
  EXPECT_EQ(server_.count("/blob"), 5U);
}

TEST_F(DownloadTest, ChunkedWithoutEnd) {  // F21
  server_.on("/blob", std::vector{Answer{.body = content_.substr(0, 1000), .framing = Framing::chunked_without_end},
                                  Answer{.body = content_, .ranges = Ranges::honoured}});
  expect_whole(download());
}

TEST_F(DownloadTest, CompressedOnTheWay) {  // F21
  server_.on("/blob", std::vector{Answer{.headers = {{"Content-Encoding", "gzip"}}, .body = content_}});
  EXPECT_EQ(download().error().code, ExitCode::integrity);
}

TEST_F(DownloadTest, StatusesAreAnswersThatSayHowFarItCame) {
  server_.on("/blob", std::vector{Answer{.body = content_, .drop_after = 50'000}, Answer{.status = 401}});
  const auto result = download().value();
  EXPECT_EQ(result.response.status, 401);
  EXPECT_EQ(result.received, 50'000U);
}

TEST_F(DownloadTest, ErrorsOfTheSinkEndIt) {
  class Full final : public RestartableSink {
    Status write(ByteView) override { return fail(ExitCode::no_space, "full"); }
    Status restart() override { return {}; }
  } full;
  drop_first(0, 0);
  const auto result = client_->download(get(server_.url("/blob")), k_size, 0, full);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ExitCode::no_space);
  EXPECT_EQ(server_.count("/blob"), 1U);
}

}  // namespace
}  // namespace kubeferry::net
