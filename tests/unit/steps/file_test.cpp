// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/crypto/digest.hpp>

#include "scene.hpp"

namespace kubeferry::steps {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

unsigned mode_of(const std::filesystem::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777U;
}

Content content_of(std::string text, const std::string& promised) {
  const auto shared = std::make_shared<const std::string>(std::move(text));
  return {.digest = crypto::Digest::of(as_byte_view(promised)),
          .size = promised.size(),
          .open = [shared]() -> Result<std::unique_ptr<Source>> {
            return std::make_unique<MemorySource>(as_byte_view(*shared));
          }};
}

TEST(FileStepTest, IsWrittenWithItsModeWhateverTheUmaskAndUndoneWithItsDirectories) {
  const Scene scene;
  const auto before = scene.tree();
  const mode_t umask = ::umask(0177);
  const auto applied = scene.apply(plan_of(text_file("/etc/a/b/c.toml", "x = 1\n", 0644)));
  ::umask(umask);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(scene.read("/etc/a/b/c.toml"), "x = 1\n");
  EXPECT_EQ(mode_of(scene.at("/etc/a/b/c.toml")), 0644U);
  EXPECT_EQ(mode_of(scene.at("/etc/a")), 0755U);
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(scene.tree(), before);
}

TEST(FileStepTest, AReplacedFileComesBackWithModeOwnerAndTime) {
  const Scene scene;
  scene.write("/etc/x", "theirs", 0604);
  ASSERT_EQ(::lchown(scene.at("/etc/x").c_str(), 12, 34), 0);
  const std::array<timespec, 2> times{timespec{.tv_sec = 1, .tv_nsec = 0}, timespec{.tv_sec = 1000, .tv_nsec = 7}};
  ASSERT_EQ(::utimensat(AT_FDCWD, scene.at("/etc/x").c_str(), times.data(), 0), 0);
  const auto before = scene.tree();
  ASSERT_TRUE(scene.apply(plan_of(text_file("/etc/x", "ours", 0644))));
  EXPECT_EQ(scene.read("/etc/x"), "ours");
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(scene.tree(), before);
  struct stat info {};
  ASSERT_EQ(::stat(scene.at("/etc/x").c_str(), &info), 0);
  EXPECT_EQ(info.st_mtim.tv_sec, 1000);
  EXPECT_EQ(info.st_mtim.tv_nsec, 7);
}

TEST(FileStepTest, ALinkIsReplacedNotFollowedAndComesBack) {
  const Scene scene;
  scene.write("/etc/victim", "precious");
  std::filesystem::create_symlink("victim", scene.at("/etc/x"));
  const auto before = scene.tree();
  ASSERT_TRUE(scene.apply(plan_of(text_file("/etc/x", "ours", 0644))));
  EXPECT_EQ(scene.read("/etc/victim"), "precious");
  EXPECT_FALSE(std::filesystem::is_symlink(scene.at("/etc/x")));
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(scene.tree(), before);
}

TEST(FileStepTest, WhatWasThereAlreadyIsNotOursAndStays) {
  const Scene scene;
  scene.write("/etc/x", "same", 0644);
  const auto applied = scene.apply(plan_of(text_file("/etc/x", "same", 0644)));
  ASSERT_TRUE(applied);
  EXPECT_EQ(applied->applied, 0U);
  EXPECT_EQ(applied->kept, 1U);
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(scene.read("/etc/x"), "same");
}

TEST(FileStepTest, OnlyAWrongModeIsPutRightAndUndone) {
  const Scene scene;
  scene.write("/etc/x", "same", 0666);
  ASSERT_TRUE(scene.apply(plan_of(text_file("/etc/x", "same", 0600))));
  EXPECT_EQ(mode_of(scene.at("/etc/x")), 0600U);
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(mode_of(scene.at("/etc/x")), 0666U);
}

TEST(FileStepTest, WhatSomebodyChangedAfterUsIsKeptBeside) {
  const Scene scene;
  scene.write("/etc/x", "theirs");
  ASSERT_TRUE(scene.apply(plan_of(text_file("/etc/x", "ours", 0644), text_file("/etc/y", "ours", 0644))));
  scene.write("/etc/x", "edited");
  scene.write("/etc/y", "edited too");
  scene.write("/etc/y.kubeferry-changed", "older");
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(scene.read("/etc/x"), "theirs");
  EXPECT_EQ(scene.read("/etc/x.kubeferry-changed"), "edited");
  EXPECT_FALSE(scene.host().exists("/etc/y"));
  EXPECT_EQ(scene.read("/etc/y.kubeferry-changed"), "older");
  EXPECT_EQ(scene.read("/etc/y.kubeferry-changed.2"), "edited too");
  EXPECT_EQ(scene.warnings().size(), 2U);
}

TEST(FileStepTest, WhatSomebodyRemovedAfterUsIsPutBackOnlyIfItWasThereBefore) {
  const Scene scene;
  scene.write("/etc/d/x", "theirs");
  ASSERT_TRUE(scene.apply(plan_of(text_file("/etc/d/x", "ours", 0644), text_file("/etc/y", "ours", 0644))));
  std::filesystem::remove_all(scene.at("/etc/d"));
  std::filesystem::remove(scene.at("/etc/y"));
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(scene.read("/etc/d/x"), "theirs");
  EXPECT_FALSE(scene.host().exists("/etc/y"));
  EXPECT_TRUE(scene.warnings().empty());
}

TEST(FileStepTest, LaterTextsOfOursAreKnownAsOursAndTheFirstPriorStays) {
  const Scene scene;
  scene.write("/etc/x", "theirs");
  const auto before = scene.tree();
  for (const auto* text : {"one", "two", "three"}) {
    ASSERT_TRUE(scene.apply(plan_of(text_file("/etc/x", text, 0644))));
  }
  EXPECT_EQ(scene.read("/etc/x"), "three");
  scene.write("/etc/x", "two");
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(scene.tree(), before);
  EXPECT_TRUE(scene.warnings().empty());
}

TEST(FileStepTest, AnEditOverwrittenByALaterRunIsKeptAndNamed) {
  const Scene scene;
  ASSERT_TRUE(scene.apply(plan_of(text_file("/etc/x", "one", 0644))));
  scene.write("/etc/x", "edited");
  ASSERT_TRUE(scene.apply(plan_of(text_file("/etc/x", "two", 0644))));
  ASSERT_TRUE(scene.apply(plan_of(text_file("/etc/x", "three", 0644))));
  const auto kept = std::filesystem::directory_iterator(scene.at("/var/lib/kubeferry/backups"));
  EXPECT_EQ(std::distance(kept, {}), 1) << "texts of ours are not worth keeping";
  ASSERT_EQ(scene.warnings().size(), 1U);
  const std::string& warning = scene.warnings()[0];
  EXPECT_THAT(warning, HasSubstr("/etc/x was changed"));
  EXPECT_EQ(scene.read(warning.substr(warning.find("/var/lib"))), "edited");
}

TEST(FileStepTest, ADirectoryThatSomebodyUsesStays) {
  const Scene scene;
  ASSERT_TRUE(scene.apply(plan_of(text_file("/etc/new/x", "ours", 0644))));
  scene.write("/etc/new/theirs", "y");
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_THAT(scene.warnings(), ElementsAre("/etc/new is left: it is not empty"));
  EXPECT_FALSE(scene.host().exists("/etc/new/x"));
}

TEST(FileStepTest, ADirectoryInTheWayIsNoFile) {
  const Scene scene;
  std::filesystem::create_directories(scene.at("/etc/x"));
  const auto applied = scene.apply(plan_of(text_file("/etc/x", "ours", 0644)));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, ExitCode::io);
  EXPECT_THAT(applied.error().message, HasSubstr("write /etc/x: /etc/x: there is a directory"));
  EXPECT_FALSE(applied.error().hint.empty());
}

TEST(FileStepTest, ContentThatIsNotWhatWasPromisedNeverAppears) {
  const Scene scene;
  scene.write("/usr/local/bin/kubelet", "old", 0755);
  const std::string wanted = std::string(300000, 'a');
  for (const std::string& given : {std::string(300000, 'b'), wanted.substr(1), wanted + "a"}) {
    const auto applied = scene.apply(plan_of(content_file("/usr/local/bin/kubelet", content_of(given, wanted), 0755)));
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, ExitCode::integrity);
    EXPECT_EQ(scene.read("/usr/local/bin/kubelet"), "old");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(scene.at("/usr/local/bin")), {}), 1);
  }
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(scene.read("/usr/local/bin/kubelet"), "old");
}

TEST(FileStepTest, ARunningProgramIsReplaced) {
  const Scene scene;
  std::filesystem::create_directories(scene.at("/usr/local/bin"));
  std::filesystem::copy_file("/bin/sleep", scene.at("/usr/local/bin/kubelet"));
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string path = scene.at("/usr/local/bin/kubelet");
    ::execl(path.c_str(), "kubelet", "60", nullptr);
    ::_exit(127);
  }
  EXPECT_TRUE(scene.apply(plan_of(content_file("/usr/local/bin/kubelet", content_of("new", "new"), 04755))));
  EXPECT_EQ(mode_of(scene.at("/usr/local/bin/kubelet")), 04755U);
  EXPECT_TRUE(scene.undo_and_remove());
  EXPECT_GT(std::filesystem::file_size(scene.at("/usr/local/bin/kubelet")), 1000U);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(FileStepTest, LabelsAreSetWhereTheHostHasThem) {
  const Scene scene;
  scene.program("/usr/sbin/restorecon");
  ASSERT_TRUE(scene.apply(plan_of(text_file("/etc/x", "ours", 0644))));
  EXPECT_EQ(scene.system().log(), "");
  scene.write("/sys/fs/selinux/enforce", "1");
  ASSERT_TRUE(scene.apply(plan_of(text_file("/etc/a/y", "ours", 0644))));
  EXPECT_EQ(scene.system().log(), "restorecon -- /etc/a /etc/a/y\n");
}

TEST(FileStepTest, ADamagedBackupIsNotPutBack) {
  const Scene scene;
  scene.write("/etc/x", "theirs");
  ASSERT_TRUE(scene.apply(plan_of(text_file("/etc/x", "ours", 0644))));
  for (const auto& entry : std::filesystem::directory_iterator(scene.at("/var/lib/kubeferry/backups"))) {
    scene.write("/var/lib/kubeferry/backups/" + entry.path().filename().native(), "thears", 0600);
  }
  const Status undone = scene.undo_and_remove();
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().code, ExitCode::integrity);
  EXPECT_EQ(scene.read("/etc/x"), "ours");
}

TEST(BackupsTest, KeepByDigestAndGiveBack) {
  const Scene scene;
  Backups backups(scene.host());
  const auto name = backups.keep("hello");
  ASSERT_TRUE(name) << name.error().message;
  EXPECT_EQ(*name, crypto::Digest::of(as_byte_view("hello")).to_string());
  EXPECT_EQ(*backups.keep("hello"), *name);
  EXPECT_EQ(*backups.content(*name), "hello");
  EXPECT_EQ(*backups.content(*backups.keep("")), "");
  EXPECT_EQ(mode_of(scene.at("/var/lib/kubeferry")), 0700U);
  EXPECT_EQ(mode_of(scene.at("/var/lib/kubeferry/backups")), 0700U);
  EXPECT_EQ(backups.content("sha256:" + std::string(64, '0')).error().code, ExitCode::io);
  EXPECT_EQ(backups.content("../../etc/shadow").error().code, ExitCode::format);
}

}  // namespace
}  // namespace kubeferry::steps
