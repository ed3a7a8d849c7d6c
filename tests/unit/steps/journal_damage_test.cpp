// SPDX-License-Identifier: Apache-2.0
// Row M59: a journal that is not as we wrote it.
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "journal_line.hpp"
#include "scene.hpp"

namespace kubeferry::steps {
namespace {

using testing::HasSubstr;

constexpr const char* k_path = "/var/lib/kubeferry/journal";

struct JournalDamageTest : testing::Test {
  Scene scene{fast_folder()};
  std::string good;
  JournalDamageTest() {
    auto journal = Journal::open(scene.host());
    const auto a = text_file("/a", "a", 0644);
    const auto b = text_file("/b", "b", 0644);
    EXPECT_TRUE(journal->start_run("init", Json::object(), nullptr));
    EXPECT_TRUE(journal->begin(*a, "prior a"));
    EXPECT_TRUE(journal->done(*a));
    EXPECT_TRUE(journal->begin(*b, "prior b"));
    good = scene.read(k_path);
  }
  void expect_refused(const std::string& why) const {
    for (const auto& journal : {Journal::open(scene.host()), Journal::peek(scene.host())}) {
      ASSERT_FALSE(journal) << why;
      EXPECT_EQ(journal.error().code, ExitCode::io);
      EXPECT_THAT(journal.error().message, HasSubstr(why));
      EXPECT_FALSE(journal.error().hint.empty());
    }
  }
  [[nodiscard]] std::vector<std::size_t> line_ends() const {
    std::vector<std::size_t> ends{0};
    for (std::size_t n = 0; n < good.size(); ++n) {
      if (good[n] == '\n') {
        ends.push_back(n + 1);
      }
    }
    return ends;
  }
};

TEST_F(JournalDamageTest, ATornEndIsIgnoredAndCutOffWhereverItIsTorn) {
  const auto ends = line_ends();
  for (std::size_t length = 0; length <= good.size(); ++length) {
    scene.write(k_path, good.substr(0, length), 0600);
    const auto peeked = Journal::peek(scene.host());
    ASSERT_TRUE(peeked) << length << ": " << peeked.error().message;
    EXPECT_EQ(scene.read(k_path).size(), length);
    auto journal = Journal::open(scene.host());
    ASSERT_TRUE(journal) << length << ": " << journal.error().message;
    const auto lines = static_cast<std::size_t>(
        std::count_if(ends.begin(), ends.end(), [length](std::size_t end) { return end > 0 && end <= length; }));
    EXPECT_EQ(journal->tail(100).size(), lines == 0 ? 0 : lines - 1);
    EXPECT_EQ(scene.read(k_path).size(), ends[lines]);
    const Status written = journal->note("x", 1);
    ASSERT_TRUE(written) << written.error().message;
    const auto again = Journal::peek(scene.host());
    ASSERT_TRUE(again) << length << ": " << again.error().message;
    EXPECT_NE(again->noted("x"), nullptr);
  }
}

TEST_F(JournalDamageTest, AfterAPowerCutTheEndMayBeZeros) {
  const auto ends = line_ends();
  std::string torn = good;
  std::fill(torn.begin() + static_cast<std::ptrdiff_t>(ends[ends.size() - 2] + 10), torn.end() - 1, '\0');
  scene.write(k_path, torn, 0600);
  const auto journal = Journal::open(scene.host());
  ASSERT_TRUE(journal) << journal.error().message;
  EXPECT_EQ(journal->entries().size(), 1U);
}

TEST_F(JournalDamageTest, AnyFlippedBitIsFound) {
  for (std::size_t byte = 0; byte < good.size(); ++byte) {
    for (const int bit : {0, 3, 6}) {
      std::string flipped = good;
      flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << bit));
      scene.write(k_path, flipped, 0600);
      const auto journal = Journal::peek(scene.host());
      // A last line without its end is one that was being written.
      const bool torn = byte + 1 == good.size();
      ASSERT_EQ(journal.has_value(), torn) << "byte " << byte << " bit " << bit;
    }
  }
  std::string flipped = good;
  flipped[good.size() / 2] ^= 1;
  scene.write(k_path, flipped, 0600);
  expect_refused("is damaged");
  EXPECT_EQ(scene.read(k_path), flipped);
}

TEST_F(JournalDamageTest, AMissingOrRepeatedLineIsFound) {
  const auto ends = line_ends();
  scene.write(k_path, good.substr(0, ends[2]) + good.substr(ends[3]), 0600);
  expect_refused("line 3 is damaged: its number is another one");
  scene.write(k_path, good.substr(0, ends[3]) + good.substr(ends[2]), 0600);
  expect_refused("line 4 is damaged");
}

TEST_F(JournalDamageTest, RecordsThatMakeNoSenseAreRefused) {
  const auto ends = line_ends();
  for (const auto& [what, why] : std::vector<std::pair<const char*, const char*>>{
           {"done", "never begun"}, {"undone", "never begun"}, {"begun", "prior"}, {"frobbed", "never begun"}}) {
    Json record = Json::object();
    record.set("n", static_cast<int>(ends.size())).set("time", "2026-11-21T03:15:00Z").set("what", what);
    record.set("kind", "file").set("target", "/never");
    scene.write(k_path, good + to_line(record), 0600);
    expect_refused(why);
  }
}

TEST_F(JournalDamageTest, AnotherVersionIsNotRead) {
  Json first = Json::object();
  first.set("n", 1).set("time", "2026-11-21T03:15:00Z").set("what", "journal").set("version", 2);
  scene.write(k_path, to_line(first), 0600);
  expect_refused("is of version 2, this kubeferry knows version 1");
}

TEST_F(JournalDamageTest, AForeignOwnerIsRefused) {
  ASSERT_EQ(::chown(scene.at(k_path).c_str(), 1234, 0), 0);
  expect_refused("belongs to user 1234");
  ASSERT_EQ(::chown(scene.at(k_path).c_str(), 0, 0), 0);
  ASSERT_EQ(::chown(scene.at("/var/lib/kubeferry").c_str(), 1234, 0), 0);
  expect_refused("belongs to user 1234");
}

TEST_F(JournalDamageTest, WhatOthersCanWriteIsRefused) {
  ASSERT_EQ(::chmod(scene.at(k_path).c_str(), 0620), 0);
  expect_refused("can be written by others than root");
  ASSERT_EQ(::chmod(scene.at(k_path).c_str(), 0600), 0);
  ASSERT_EQ(::chmod(scene.at("/var/lib/kubeferry").c_str(), 0777), 0);
  expect_refused("can be written by others than root");
}

TEST_F(JournalDamageTest, LinksDirectoriesAndPipesAreRefused) {
  scene.write("/elsewhere/journal", good, 0600);
  std::filesystem::remove(scene.at(k_path));
  std::filesystem::create_symlink(scene.at("/elsewhere/journal"), scene.at(k_path));
  expect_refused("is a symbolic link");
  std::filesystem::remove(scene.at(k_path));
  ASSERT_EQ(::mkfifo(scene.at(k_path).c_str(), 0600), 0);
  expect_refused("is not a regular file");
  std::filesystem::remove_all(scene.at("/var/lib/kubeferry"));
  std::filesystem::create_directory_symlink(scene.at("/elsewhere"), scene.at("/var/lib/kubeferry"));
  expect_refused("is a symbolic link");
}

}  // namespace
}  // namespace kubeferry::steps
