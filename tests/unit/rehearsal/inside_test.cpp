// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/rehearsal/inside.hpp>

#include <gmock/gmock.h>

namespace kubeferry::rehearsal {
namespace {

std::optional<int> run_as(std::string name) {
  std::string argument = "is-active";
  std::vector<char*> argv = {name.data(), argument.data()};
  return run_by_name(argv);
}

// This machine is no rehearsal: whoever gives the program such a name gets nothing by it.
TEST(RunByName, RefusesOutsideOfARehearsal) {
  EXPECT_FALSE(is_rehearsal());
  EXPECT_EQ(run_as("kubeferry-rehearsal"), 70);
  EXPECT_EQ(run_as("/usr/local/sbin/systemctl"), 70);
  EXPECT_EQ(run_as("journalctl"), 70);
}

TEST(RunByName, IsNotAboutKubeferry) {
  EXPECT_EQ(run_as("kubeferry"), std::nullopt);
  EXPECT_EQ(run_as("/opt/systemctl/kubeferry"), std::nullopt);
  EXPECT_EQ(run_by_name({}), std::nullopt);
}

TEST(LeaveAnswer, RefusesOutsideOfARehearsal) { EXPECT_FALSE(leave_answer(Json("x"))); }

}  // namespace
}  // namespace kubeferry::rehearsal
