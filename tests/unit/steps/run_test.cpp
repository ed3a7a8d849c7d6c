// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scene.hpp"

namespace kubeferry::steps {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct RunTest : testing::Test {
  Scene scene;
  std::vector<std::string> calls;

  std::unique_ptr<const Step> step(const std::string& name, Status outcome = {}) {
    return action(
        {.kind = "test",
         .target = name,
         .summary = "do " + name,
         .preview = {},
         .satisfied = [this, name](const host::Host& host) -> Result<bool> { return host.exists("/" + name); },
         .capture = [this, name](const host::Host&, Backups&) -> Result<Json> {
           calls.push_back("capture " + name);
           return Json(name + " before");
         },
         .apply = [this, name, outcome](const host::Host&) -> Status {
           calls.push_back("apply " + name);
           if (outcome) {
             scene.write("/" + name, "");
           }
           return outcome;
         }});
  }
  Undoers undoers(const std::string& broken = "") {
    Undoers all = basic_undoers();
    all.emplace("test", [this, broken](const host::Host& host, const Entry& entry, Backups&, const auto&) -> Status {
      calls.push_back(fmt::format("undo {} ({})", entry.target, *entry.prior.as_string()));
      if (entry.target == broken) {
        return fail(ExitCode::io, "stuck");
      }
      std::filesystem::remove(host.at("/" + entry.target));
      return {};
    });
    return all;
  }
};

TEST_F(RunTest, AppliesInOrderAndUndoesInReverse) {
  auto journal = Journal::open(scene.host());
  std::vector<std::string> steps;
  RunOptions options;
  options.on_step = [&](std::size_t number, std::size_t total, const std::string& summary) {
    steps.push_back(fmt::format("{}/{} {}", number, total, summary));
  };
  const auto result = apply(scene.host(), *journal, plan_of(step("a"), step("b")), options);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->applied, 2U);
  EXPECT_THAT(calls, ElementsAre("capture a", "apply a", "capture b", "apply b"));
  EXPECT_THAT(steps, ElementsAre("1/2 do a", "2/2 do b"));
  ASSERT_TRUE(apply(scene.host(), *journal, plan_of(step("a"), step("c"), step("b")), options));
  EXPECT_THAT(steps, ElementsAre("1/2 do a", "2/2 do b", "2/3 do c"));
  calls.clear();
  steps.clear();
  ASSERT_TRUE(undo_all(scene.host(), *journal, undoers(), options));
  EXPECT_THAT(calls, ElementsAre("undo c (c before)", "undo b (b before)", "undo a (a before)"));
  EXPECT_THAT(steps, ElementsAre("1/3 undo test c", "2/3 undo test b", "3/3 undo test a"));
  EXPECT_TRUE(journal->entries().empty());
}

TEST_F(RunTest, AFailedStepIsBegunAndTriedAgainWithItsFirstPrior) {
  auto journal = Journal::open(scene.host());
  const auto failed = apply(scene.host(), *journal, plan_of(step("a", fail(ExitCode::network, "no")), step("b")), {});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ExitCode::network);
  EXPECT_EQ(failed.error().message, "do a: no");
  EXPECT_EQ(journal->find("test", "a")->state, State::begun);
  EXPECT_EQ(journal->find("test", "b"), nullptr);
  ASSERT_TRUE(apply(scene.host(), *journal, plan_of(step("a"), step("b")), {}));
  EXPECT_THAT(calls, ElementsAre("capture a", "apply a", "apply a", "capture b", "apply b"));
}

TEST_F(RunTest, OneKilledBetweenApplyAndDoneIsDone) {
  auto journal = Journal::open(scene.host());
  ASSERT_TRUE(journal->begin(*step("a"), "first"));
  scene.write("/a", "");
  const auto result = apply(scene.host(), *journal, plan_of(step("a")), {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->kept, 1U);
  EXPECT_EQ(journal->find("test", "a")->state, State::done);
  EXPECT_TRUE(calls.empty());
}

TEST_F(RunTest, StopsBetweenSteps) {
  auto journal = Journal::open(scene.host());
  std::stop_source stop;
  RunOptions options{.stop = stop.get_token()};
  options.on_step = [&](std::size_t, std::size_t, const std::string&) { stop.request_stop(); };
  const auto applied = apply(scene.host(), *journal, plan_of(step("a"), step("b")), options);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, ExitCode::interrupted);
  EXPECT_EQ(journal->find("test", "a")->state, State::done);
  EXPECT_EQ(journal->find("test", "b"), nullptr);
  EXPECT_EQ(undo_all(scene.host(), *journal, undoers(), options).error().code, ExitCode::interrupted);
  EXPECT_EQ(journal->entries().size(), 1U);
}

TEST_F(RunTest, WhatCannotBeUndoneDoesNotHinderTheOthersAndStaysInTheJournal) {
  auto journal = Journal::open(scene.host());
  ASSERT_TRUE(apply(scene.host(), *journal, plan_of(step("a"), step("b"), step("c")), {}));
  std::vector<std::string> warnings;
  RunOptions options;
  options.warning = [&](std::string_view line) { warnings.emplace_back(line); };
  const Status undone = undo_all(scene.host(), *journal, undoers("b"), options);
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().message, "undo test b: stuck");
  EXPECT_THAT(warnings, ElementsAre("undo test b: stuck"));
  ASSERT_EQ(journal->entries().size(), 1U);
  EXPECT_TRUE(undo_all(scene.host(), *journal, undoers(), options));
}

TEST_F(RunTest, ADirectoryWaitsForWhatIsStuckInIt) {
  auto journal = Journal::open(scene.host());
  const auto before = scene.tree();
  ASSERT_TRUE(apply(scene.host(), *journal,
                    plan_of(text_file("/etc/new/a", "1", 0644), text_file("/etc/new/b", "2", 0644)), {}));
  std::filesystem::remove(scene.at("/etc/new/b"));
  std::filesystem::create_directory(scene.at("/etc/new/b"));
  EXPECT_FALSE(undo_all(scene.host(), *journal, undoers(), {}));
  std::filesystem::remove(scene.at("/etc/new/b"));
  ASSERT_TRUE(undo_all(scene.host(), *journal, undoers(), {}));
  EXPECT_EQ(scene.tree(), before);
}

TEST_F(RunTest, AnUnknownKindIsReported) {
  auto journal = Journal::open(scene.host());
  ASSERT_TRUE(apply(scene.host(), *journal, plan_of(step("a")), {}));
  const Status undone = undo_all(scene.host(), *journal, basic_undoers(), {});
  ASSERT_FALSE(undone);
  EXPECT_THAT(undone.error().message, HasSubstr("does not know steps of kind \"test\""));
}

}  // namespace
}  // namespace kubeferry::steps
