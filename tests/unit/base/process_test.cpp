// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/process.hpp>

#include <cstdio>

#include <gtest/gtest.h>

namespace kubeferry {
namespace {

TEST(Process, FeedsAndCollects) {
  const auto result = run({.argv = {"sh", "-c", "cat; echo $GREETING >&2; exit 3"},
                           .environment = {{"GREETING", "hello"}},
                           .input = std::string(200000, 'x')});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->exit_status, 3);
  EXPECT_EQ(result->out.size(), 200000U);
  EXPECT_EQ(result->err, "hello\n");
}

TEST(Process, ReadsADescriptorInsteadOfText) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  std::fputs("from the descriptor", file);
  std::rewind(file);
  const auto result = run({.argv = {"cat"}, .input = "not this", .input_fd = ::fileno(file)});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->out, "from the descriptor");
  std::fclose(file);
}

TEST(Process, SurvivesAChildThatDoesNotReadItsInput) {
  const auto result = run({.argv = {"true"}, .input = std::string(1000000, 'x')});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->exit_status, 0);
}

TEST(Process, ReportsWhatCannotBeStarted) { EXPECT_EQ(run({.argv = {"/no/such/program"}}).error().code, ExitCode::io); }

TEST(Process, EndsWhatTakesTooLong) {
  const auto start = std::chrono::steady_clock::now();
  const auto result = run({.argv = {"sh", "-c", "sleep 20 & sleep 20"}, .timeout = std::chrono::milliseconds(200)});
  EXPECT_EQ(result.error().code, ExitCode::io);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(Process, BoundsOutput) {
  const auto result = run({.argv = {"sh", "-c", "yes"}, .output_limit = 1000});
  EXPECT_EQ(result.error().code, ExitCode::limit);
}

}  // namespace
}  // namespace kubeferry
