// SPDX-License-Identifier: Apache-2.0
#include "diff.hpp"

#include <random>

#include <gtest/gtest.h>

#include <kubeferry/base/process.hpp>

#include "scene.hpp"

namespace kubeferry::steps {
namespace {

TEST(DiffTest, ShowsAChangeInItsSurroundings) {
  EXPECT_EQ(unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "a", "b"),
            "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(DiffTest, NewFilesMissingNewlinesAndBinaries) {
  EXPECT_EQ(unified_diff("", "a\nb\n", "/dev/null", "f"), "--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n");
  EXPECT_EQ(unified_diff("a", "a\n", "f", "f"), "--- f\n+++ f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
  EXPECT_EQ(unified_diff("same", "same", "f", "f"), "");
  EXPECT_EQ(unified_diff(std::string_view("\0x", 2), "y", "f", "f"), "Binary content differs\n");
}

TEST(DiffTest, WhatIsTooLongToCompareIsReplacedWhole) {
  std::string before;
  std::string after;
  for (int n = 0; n < 3000; ++n) {
    before += fmt::format("old {}\n", n);
    after += fmt::format("new {}\n", n);
  }
  const std::string diff = unified_diff(before, after, "f", "f");
  EXPECT_TRUE(diff.starts_with("--- f\n+++ f\n@@ -1,3000 +1,3000 @@\n-old 0\n-old 1\n"));
  EXPECT_TRUE(diff.ends_with("+new 2999\n"));
}

/// What patch(1) makes of it is what counts: the reverse of our diff leads back.
TEST(DiffTest, AppliesAsDiffsOfDiffDo) {
  std::mt19937 random(7);
  const auto text = [&random] {
    std::string lines;
    const auto count = random() % 40;
    for (auto n = count; n > 0; --n) {
      lines += fmt::format("{}\n", random() % 6);
    }
    return lines;
  };
  for (int round = 0; round < 40; ++round) {
    const Scene scene;
    const std::string before = text() + "x\n";
    const std::string after = text() + "y\n";
    scene.write("/f", before);
    const auto output = run(Command{.argv = {"patch", "-u", "--silent", "--fuzz=0", scene.at("/f")},
                                    .environment = {},
                                    .input = unified_diff(before, after, "f", "f")});
    ASSERT_TRUE(output);
    ASSERT_EQ(output->exit_status, 0) << output->out << unified_diff(before, after, "f", "f");
    ASSERT_EQ(scene.read("/f"), after);
  }
}

}  // namespace
}  // namespace kubeferry::steps
