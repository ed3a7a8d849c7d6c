// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/preflight/report.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubeferry::preflight {
namespace {

const std::vector<Finding> k_findings = {
    {.name = "NumCPU",
     .severity = Severity::error,
     .what = "1 processor",
     .why = "it is slow",
     .fix = "add one",
     .ignored = false},
    {.name = "Mem", .severity = Severity::warning, .what = "little\x1b[2J", .why = "w", .fix = "f", .ignored = true},
    {.name = "IpForward",
     .severity = Severity::info,
     .what = "is 0",
     .why = "will be set",
     .fix = "",
     .ignored = false},
};

TEST(Report, Text) {
  EXPECT_EQ(report_text(k_findings, Role::init),
            "error    NumCPU     1 processor\n"
            "         it is slow\n"
            "         fix: add one\n"
            "warning  Mem        little\\x1b[2J (ignored)\n"
            "         w\n"
            "         fix: f\n"
            "info     IpForward  is 0\n"
            "         will be set\n"
            "this host cannot become a control plane yet: 1 error, 1 warning\n");
  EXPECT_EQ(report_text({}, Role::worker), "this host can become a worker\n");
  EXPECT_THAT(report_text(std::span(k_findings).subspan(1), Role::control_plane),
              ::testing::EndsWith("this host can become another control plane, with 1 warning\n"));
}

TEST(Report, Json) {
  const Json json = report_json(k_findings);
  EXPECT_EQ(*json.find("errors")->as_integer(), 1);
  EXPECT_EQ(*json.find("warnings")->as_integer(), 1);
  EXPECT_EQ(to_text((*json.find("findings")->as_array())[0]),
            R"({"name":"NumCPU","severity":"error","what":"1 processor","why":"it is slow","fix":"add one",)"
            R"("ignored":false})");
  EXPECT_TRUE((*json.find("findings")->as_array())[1].find("ignored")->as_bool());
  EXPECT_EQ(to_text(report_json({})), R"({"findings":[],"errors":0,"warnings":0})");
}

TEST(Verdict, IsTheErrors) {
  EXPECT_TRUE(verdict({}, Role::init));
  EXPECT_TRUE(verdict(std::span(k_findings).subspan(1), Role::init));
  const auto refused = verdict(k_findings, Role::init);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::unsupported_host);
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("NumCPU"));
  EXPECT_THAT(refused.error().hint, ::testing::HasSubstr("--ignore NumCPU"));
  EXPECT_EQ(refused.error().detail[0].second, "NumCPU");
}

}  // namespace
}  // namespace kubeferry::preflight
