// SPDX-License-Identifier: Apache-2.0
// Row F12: two installers at once.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crc32c.hpp"
#include "scene.hpp"

namespace kubeferry::steps {
namespace {

using testing::HasSubstr;

TEST(LockTest, TheSecondOneLearnsWhoTheFirstIs) {
  const Scene scene;
  const pid_t child = ::fork();
  if (child == 0) {
    const auto journal = Journal::open(scene.host());
    scene.write("/ready", "");
    ::pause();
    ::_exit(journal ? 0 : 1);
  }
  while (!scene.host().exists("/ready")) {
    ::usleep(1000);
  }
  const auto second = Journal::open(scene.host());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ExitCode::locked);
  EXPECT_THAT(second.error().message, HasSubstr(fmt::format("pid {}, tests_steps", child)));
  EXPECT_TRUE(Journal::peek(scene.host()));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(Journal::open(scene.host())) << "a killed holder leaves no lock";
}

TEST(LockTest, IsHeldAsLongAsTheJournalLivesAndItsFileStays) {
  const Scene scene;
  {
    auto first = Journal::open(scene.host());
    ASSERT_TRUE(first);
    const Journal moved = std::move(*first);
    EXPECT_EQ(Journal::open(scene.host()).error().code, ExitCode::locked);
  }
  EXPECT_TRUE(scene.host().exists("/var/lib/kubeferry/lock"));
  EXPECT_TRUE(Journal::open(scene.host()));
}

TEST(LockTest, ALinkInItsPlaceIsNotFollowed) {
  const Scene scene;
  ASSERT_TRUE(Journal::open(scene.host()));
  std::filesystem::remove(scene.at("/var/lib/kubeferry/lock"));
  scene.write("/etc/victim", "precious");
  std::filesystem::create_symlink(scene.at("/etc/victim"), scene.at("/var/lib/kubeferry/lock"));
  EXPECT_EQ(Journal::open(scene.host()).error().code, ExitCode::io);
  EXPECT_EQ(scene.read("/etc/victim"), "precious");
}

TEST(Crc32cTest, IsCastagnolis) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(""), 0U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
}

}  // namespace
}  // namespace kubeferry::steps
