// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scene.hpp"

namespace kubeferry::steps {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(DirectoryTest, IsMadeAndUndoneWithItsParents) {
  const Scene scene;
  const auto before = scene.tree();
  ASSERT_TRUE(scene.apply(plan_of(directory("/opt/cni/bin", 0750))));
  EXPECT_EQ(scene.tree().at("/opt/cni/bin").substr(0, 5), "40750");
  EXPECT_EQ(scene.tree().at("/opt/cni").substr(0, 5), "40755");
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(scene.tree(), before);
}

TEST(DirectoryTest, OneThatWasThereKeepsWhatIsInItAndGetsItsModeBack) {
  const Scene scene;
  scene.write("/var/lib/etcd/theirs", "x");
  ASSERT_EQ(::chmod(scene.at("/var/lib/etcd").c_str(), 0751), 0);
  const auto before = scene.tree();
  ASSERT_TRUE(scene.apply(plan_of(directory("/var/lib/etcd", 0700, Remove::with_content))));
  EXPECT_EQ(scene.tree().at("/var/lib/etcd").substr(0, 5), "40700");
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(scene.tree(), before);
}

TEST(DirectoryTest, OneThatIsFullStaysUnlessItsContentIsOurs) {
  const Scene scene;
  ASSERT_TRUE(
      scene.apply(plan_of(directory("/opt/kept", 0755), directory("/var/lib/etcd", 0700, Remove::with_content))));
  scene.write("/opt/kept/theirs", "x");
  scene.write("/var/lib/etcd/member/snap/db", "x");
  scene.write("/outside", "x");
  std::filesystem::create_directory_symlink("/", scene.at("/var/lib/etcd/out"));
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_FALSE(scene.host().exists("/var/lib/etcd"));
  EXPECT_EQ(scene.read("/outside"), "x");
  EXPECT_THAT(scene.warnings(), ElementsAre("/opt/kept is left: it is not empty"));
}

TEST(DirectoryTest, WhatIsMountedInsideIsNotRemoved) {
  const Scene scene;
  const Plan plan = plan_of(directory("/var/lib/kubelet", 0700, Remove::with_content));
  ASSERT_TRUE(scene.apply(plan));
  scene.write("/var/lib/kubelet/pods/a b/data", "precious");
  scene.write("/proc/self/mountinfo",
              "22 1 0:2 / / rw - ext4 /dev/a rw\n"
              "23 22 0:2 /d /var/lib/kubelet/pods/a\\040b rw - ext4 /dev/a rw\n");
  const Status undone = scene.undo();
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().code, ExitCode::io);
  EXPECT_THAT(undone.error().message, HasSubstr("/var/lib/kubelet/pods/a b: not removed"));
  EXPECT_THAT(undone.error().hint, HasSubstr("umount"));
  EXPECT_EQ(scene.read("/var/lib/kubelet/pods/a b/data"), "precious");
  scene.write("/proc/self/mountinfo", "22 1 0:2 / / rw - ext4 /dev/a rw\n23 22 0:2 /d /var/lib/kubeletX rw - x x rw\n");
  ASSERT_TRUE(scene.undo());
  EXPECT_FALSE(scene.host().exists("/var/lib/kubelet"));
}

TEST(DirectoryTest, ALinkOfRootsToADirectoryIsADirectory) {
  const Scene scene;
  std::filesystem::create_directories(scene.at("/data/etcd"));
  std::filesystem::create_directory_symlink("/data/etcd", scene.at("/var/lib/etcd"));
  ASSERT_EQ(::chmod(scene.at("/data/etcd").c_str(), 0700), 0);
  const auto applied = scene.apply(plan_of(directory("/var/lib/etcd", 0700, Remove::with_content)));
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(applied->kept, 1U);
}

TEST(DirectoryTest, AFileInTheWayIsAnError) {
  const Scene scene;
  scene.write("/opt", "x");
  const auto applied = scene.apply(plan_of(directory("/opt/cni", 0755)));
  ASSERT_FALSE(applied);
  EXPECT_THAT(applied.error().message, HasSubstr("opt is not a directory"));
}

}  // namespace
}  // namespace kubeferry::steps
