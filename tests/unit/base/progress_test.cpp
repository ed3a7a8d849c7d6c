// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/progress.hpp>

#include <gtest/gtest.h>

namespace kubeferry {
namespace {

TEST(Progress, ShowsBytesRateAndTimeLeft) {
  EXPECT_EQ(progress_line("fetching", 512, 1024, 2, "pause"),
            "fetching  50% 512 B of 1.0 KiB, 256 B/s, 0:02 left  pause");
  EXPECT_EQ(progress_line("fetching", 0, 0, 0, ""), "fetching 0 B");
}

TEST(Progress, NeverPassesItsTotal) {
  EXPECT_EQ(progress_line("fetching", 2048, 1024, 2, ""), "fetching 100% 1.0 KiB of 1.0 KiB, 512 B/s");
}

}  // namespace
}  // namespace kubeferry
