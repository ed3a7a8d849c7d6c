// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/workers.hpp>

#include <atomic>
#include <stdexcept>

#include <gtest/gtest.h>

namespace kubeferry {
namespace {

TEST(Workers, DoEveryIndexOnce) {
  std::atomic<std::size_t> sum = 0;
  ASSERT_TRUE(for_each_index(1000, 8, {}, [&](std::size_t index) -> Status {
    sum += index;
    return {};
  }));
  EXPECT_EQ(sum, 499500U);
}

TEST(Workers, StopAtTheFirstError) {
  std::atomic<int> calls = 0;
  const Status status = for_each_index(100000, 4, {}, [&](std::size_t index) -> Status {
    ++calls;
    if (index == 10) {
      return fail(ExitCode::network, "ten");
    }
    return {};
  });
  EXPECT_EQ(status.error().code, ExitCode::network);
  EXPECT_LT(calls, 100000);
}

TEST(Workers, TurnExceptionsIntoErrors) {
  const Status status = for_each_index(1, 1, {}, [](std::size_t) -> Status { throw std::runtime_error("boo"); });
  EXPECT_EQ(status.error().code, ExitCode::bug);
}

TEST(Workers, ObeyStop) {
  std::stop_source stop;
  const Status status = for_each_index(100, 2, stop.get_token(), [&](std::size_t) -> Status {
    stop.request_stop();
    return {};
  });
  EXPECT_EQ(status.error().code, ExitCode::interrupted);
}

}  // namespace
}  // namespace kubeferry
