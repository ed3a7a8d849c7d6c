// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/base/fd.hpp>

#include "fixture.hpp"

namespace kubeferry::preflight {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Result<std::set<std::string>> ignored(const std::vector<std::string>& words) { return parse_ignored(words); }

TEST(Ignore, TurnsErrorsIntoWarnings) {
  Facts facts = good_facts();
  facts.processors = 1;
  facts.memory = 0;
  facts.clock_synchronised = false;
  Question question = good_question();
  question.ignored = ignored({"numcpu"}).value();
  const auto findings = check(facts, question);
  EXPECT_THAT(names(findings), ElementsAre("error Mem", "warning NumCPU", "warning ClockSync"));
  EXPECT_FALSE(findings[0].ignored);
  EXPECT_TRUE(findings[1].ignored);
  EXPECT_FALSE(findings[2].ignored);
}

TEST(Ignore, TakesListsInAnyCase) {
  EXPECT_THAT(ignored({"NumCPU, mem", "Port-6443,FileExisting-ip"}).value(),
              ElementsAre("fileexisting-ip", "mem", "numcpu", "port-6443"));
  EXPECT_THAT(ignored({}).value(), IsEmpty());
}

TEST(Ignore, OneOfAKindOnly) {
  Facts facts = good_facts();
  facts.software.programs.erase("mount");
  facts.software.programs.erase("nsenter");
  Question question = good_question();
  question.ignored = ignored({"FileExisting-mount"}).value();
  EXPECT_THAT(names(check(facts, question)), ElementsAre("error FileExisting-nsenter", "warning FileExisting-mount"));
}

TEST(Ignore, RefusesAllAndUnknown) {
  const auto all = ignored({"NumCPU,All"});
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, ExitCode::usage);
  EXPECT_THAT(all.error().message, HasSubstr("refused"));
  for (const char* const word : {"NumCPUs", "Port-", "Port", "", "FileExisting-", "x\n"}) {
    const auto wrong = ignored({word});
    ASSERT_FALSE(wrong) << word;
    EXPECT_EQ(wrong.error().code, ExitCode::usage);
    EXPECT_EQ(wrong.error().message.find('\n'), std::string::npos);
  }
  EXPECT_THAT(ignored({"NumCPUs"}).error().hint, HasSubstr("NumCPU?"));
}

TEST(Ignore, GoesOnToKubeadm) {
  EXPECT_THAT(kubeadm_names(ignored({"NumCPU,KernelConfig,Cgroups,Port-6443,Nameserver,DiskSpace"}).value()),
              ElementsAre("NumCPU", "SystemVerification", "port-6443"));
}

TEST(Ignore, TakesWhatTheDocumentationNames) {
  const std::string text = read_file(KF_SOURCE_DIR "/docs/preflight.md", 1 << 20).value();
  std::size_t rows = 0;
  for (const auto line : split(text, '\n')) {
    if (line.starts_with("| `")) {
      ++rows;
      EXPECT_TRUE(parse_ignored(std::vector{std::string(line.substr(3, line.find('`', 3) - 3))})) << line;
    }
  }
  EXPECT_EQ(rows, check_names().size());
}

TEST(LeftOut, WithoutBundle) {
  EXPECT_THAT(left_out(Question()),
              ElementsAre("Architecture", "Clock", "NetworkModules", "DiskSpace", "Inodes", "DiskPressure",
                          "ServiceRoute", "CidrOverlap", "KubeletVersion", "KubeadmVersion", "ContainerRuntime"));
  EXPECT_THAT(left_out(good_question()), IsEmpty());
  Question question = good_question();
  question.pods.clear();
  question.services.clear();
  EXPECT_THAT(left_out(question), ElementsAre("ServiceRoute", "CidrOverlap"));
}

}  // namespace
}  // namespace kubeferry::preflight
