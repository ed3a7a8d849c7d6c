// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scene.hpp"

namespace kubeferry::steps {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* k_journal = "/var/lib/kubeferry/journal";

Json facts(int number) {
  Json json = Json::object();
  json.set("number", number);
  return json;
}

std::vector<std::string> targets(const Journal& journal) {
  std::vector<std::string> out;
  for (const auto& entry : journal.entries()) {
    out.push_back(fmt::format("{} {}", to_string(entry.state), entry.target));
  }
  return out;
}

TEST(JournalTest, RemembersFromProcessToProcess) {
  const Scene scene;
  const auto a = text_file("/a", "a", 0644);
  const auto b = text_file("/b", "b", 0644);
  const auto b2 = text_file("/b", "b2", 0644);
  {
    auto journal = Journal::open(scene.host());
    ASSERT_TRUE(journal) << journal.error().message;
    EXPECT_TRUE(journal->empty());
    EXPECT_FALSE(scene.host().exists(k_journal));
    ASSERT_TRUE(journal->start_run("init", facts(1), nullptr));
    ASSERT_TRUE(journal->begin(*a, "prior a"));
    ASSERT_TRUE(journal->done(*a));
    ASSERT_TRUE(journal->begin(*b, "prior b"));
    ASSERT_TRUE(journal->note("cluster", "x"));
    ASSERT_TRUE(journal->note("cluster", "y"));
  }
  {
    auto journal = Journal::open(scene.host());
    ASSERT_TRUE(journal) << journal.error().message;
    EXPECT_THAT(targets(*journal), ElementsAre("done /a", "begun /b"));
    EXPECT_EQ(journal->unfinished(), "init");
    EXPECT_EQ(*journal->run("init"), facts(1));
    EXPECT_EQ(journal->run("join"), nullptr);
    EXPECT_EQ(*journal->noted("cluster"), Json("y"));
    EXPECT_EQ(journal->noted("nothing"), nullptr);
    ASSERT_TRUE(journal->start_run("init", facts(2), nullptr));
    ASSERT_TRUE(journal->begin(*b2, "not this"));
    ASSERT_TRUE(journal->undone(journal->entries()[0]));
    ASSERT_TRUE(journal->end_run("finished"));
    EXPECT_EQ(journal->find("file", "/b")->prior, Json("prior b"));
    EXPECT_EQ(journal->find("file", "/b")->marks.size(), 2U);
  }
  const auto journal = Journal::peek(scene.host());
  ASSERT_TRUE(journal);
  EXPECT_THAT(targets(*journal), ElementsAre("begun /b"));
  EXPECT_EQ(journal->find("file", "/b")->prior, Json("prior b"));
  EXPECT_EQ(journal->find("file", "/b")->marks.size(), 2U);
  EXPECT_EQ(journal->find("file", "/a"), nullptr);
  EXPECT_EQ(journal->unfinished(), std::nullopt);
  EXPECT_EQ(*journal->run("init"), facts(2));
  const auto tail = journal->tail(2);
  ASSERT_EQ(tail.size(), 2U);
  EXPECT_EQ(tail[0].what, "undone file /a");
  EXPECT_EQ(tail[1].what, "finished");
  EXPECT_EQ(journal->tail(1000).size(), 10U);
}

TEST(JournalTest, IsRootsAlone) {
  const Scene scene;
  auto journal = Journal::open(scene.host());
  ASSERT_TRUE(journal->start_run("init", facts(1), nullptr));
  struct stat info {};
  ASSERT_EQ(::stat(scene.at(k_journal).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  ASSERT_EQ(::stat(scene.at("/var/lib/kubeferry").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0700U);
}

TEST(JournalTest, HoldsThePlanWhole) {
  const Scene scene;
  const Plan plan = plan_of(text_file("/a", "secret-a", 0600, Secret::yes), sysctl("net.ipv4.ip_forward", "1"));
  auto journal = Journal::open(scene.host());
  ASSERT_TRUE(journal->start_run("init", facts(1), &plan));
  EXPECT_THAT(scene.read(k_journal), HasSubstr(R"("summary":"write /a")"));
  EXPECT_THAT(scene.read(k_journal), HasSubstr("net.ipv4.ip_forward"));
  EXPECT_THAT(scene.read(k_journal), testing::Not(HasSubstr("secret-a")));
}

TEST(JournalTest, PeekChangesNothing) {
  const Scene scene;
  const auto before = scene.tree();
  const auto journal = Journal::peek(scene.host());
  ASSERT_TRUE(journal);
  EXPECT_TRUE(journal->empty());
  EXPECT_EQ(scene.tree(), before);
  auto writable = Journal::peek(scene.host());
  EXPECT_EQ(writable->start_run("init", facts(1), nullptr).error().code, ExitCode::bug);
}

TEST(JournalTest, IsRemovedWithAllButWhatIsKept) {
  const Scene scene;
  scene.write("/var/lib/kubeferry/keep/x", "x");
  scene.write("/var/lib/kubeferry/gone/y", "y");
  auto journal = Journal::open(scene.host());
  ASSERT_TRUE(journal) << journal.error().message;
  const auto step = text_file("/a", "a", 0644);
  ASSERT_TRUE(journal->begin(*step, "prior"));
  EXPECT_EQ(journal->remove({}).error().code, ExitCode::bug);
  ASSERT_TRUE(journal->undone(journal->entries()[0]));
  const Status removed = journal->remove({"keep"});
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(scene.read("/var/lib/kubeferry/keep/x"), "x");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(scene.at("/var/lib/kubeferry")), {}), 1);
  EXPECT_TRUE(journal->empty());
  EXPECT_TRUE(Journal::open(scene.host())->remove({}));
  EXPECT_FALSE(scene.host().exists("/var/lib/kubeferry"));
}

}  // namespace
}  // namespace kubeferry::steps
