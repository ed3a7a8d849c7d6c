// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scene.hpp"

namespace kubeferry::steps {
namespace {

using testing::HasSubstr;

struct UnitTest : testing::Test {
  Scene scene;
  UnitTest() {
    scene.program("/usr/bin/systemctl");
    scene.program("/usr/bin/journalctl");
    scene.write("/usr/lib/systemd/system/containerd.service", "[Unit]\n");
  }
  [[nodiscard]] std::string state(const std::string& unit) const {
    return scene.system().get(unit + ".active", "inactive") + " " + scene.system().get(unit + ".enabled", "disabled");
  }
  /// What was called since the last time.
  [[nodiscard]] std::string calls() const {
    const std::string log = scene.system().log();
    scene.system().set("log", "");
    return log;
  }
};

Plan kubelet_plan(std::string revision) {
  return plan_of(text_file("/etc/systemd/system/kubelet.service", revision, 0644),
                 unit("kubelet.service", {.enabled = true, .running = true, .revision = std::move(revision)}));
}

TEST_F(UnitTest, IsEnabledAndStartedOnceRestartedWhenItsRevisionChangesAndUndone) {
  ASSERT_TRUE(scene.apply(kubelet_plan("1")));
  EXPECT_EQ(calls(), "systemctl daemon-reload\nsystemctl enable kubelet.service\nsystemctl start kubelet.service\n");
  ASSERT_TRUE(scene.apply(kubelet_plan("1")));
  EXPECT_EQ(calls(), "");
  ASSERT_TRUE(scene.apply(kubelet_plan("2")));
  EXPECT_EQ(calls(), "systemctl daemon-reload\nsystemctl restart kubelet.service\n");
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(calls(), "systemctl disable kubelet.service\nsystemctl stop kubelet.service\n");
  EXPECT_EQ(state("kubelet.service"), "inactive disabled");
  EXPECT_FALSE(scene.host().exists("/etc/systemd/system/kubelet.service"));
}

TEST_F(UnitTest, OneThatRanBeforeIsRestartedAfterItsFilesAreBack) {
  scene.system().set("containerd.service.active", "active");
  scene.system().set("containerd.service.enabled", "enabled");
  ASSERT_TRUE(scene.apply(plan_of(restart_after_undo("containerd.service"),
                                  text_file("/etc/systemd/system/containerd.service.d/10.conf", "x", 0644),
                                  unit("containerd.service", {.enabled = true, .running = true, .revision = "1"}))));
  EXPECT_EQ(calls(), "systemctl daemon-reload\nsystemctl restart containerd.service\n");
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(calls(), "systemctl daemon-reload\nsystemctl restart containerd.service\n");
  EXPECT_EQ(state("containerd.service"), "active enabled");
}

TEST_F(UnitTest, OnlyWhatWasAskedForIsChangedAndUndone) {
  ASSERT_TRUE(scene.apply(plan_of(unit("containerd.service", {.enabled = true, .running = false, .revision = ""}))));
  EXPECT_EQ(state("containerd.service"), "inactive enabled");
  scene.system().set("containerd.service.active", "active");
  ASSERT_TRUE(scene.undo());
  EXPECT_EQ(state("containerd.service"), "active disabled");
}

TEST_F(UnitTest, AUnitWhoseFileIsGoneIsUndoneAllTheSame) {
  ASSERT_TRUE(scene.apply(kubelet_plan("1")));
  std::filesystem::remove(scene.at("/etc/systemd/system/kubelet.service"));
  const Status undone = scene.undo_and_remove();
  ASSERT_TRUE(undone) << undone.error().message;
  EXPECT_EQ(scene.system().get("kubelet.service.active"), "inactive");
}

TEST_F(UnitTest, OneThatDoesNotStartSaysWhy) {
  for (const auto* how : {"at once", "later"}) {
    scene.system().set("containerd.service.broken", how);
    const auto applied = scene.apply(plan_of(unit("containerd.service", {})));
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, ExitCode::io);
    EXPECT_THAT(applied.error().message, HasSubstr("containerd.service does not start"));
    EXPECT_THAT(applied.error().hint, HasSubstr("cannot bind: address in use"));
    ASSERT_FALSE(applied.error().detail.empty());
  }
  EXPECT_THAT(calls(), HasSubstr("systemctl reset-failed"));
  ASSERT_TRUE(scene.undo_and_remove());
}

TEST_F(UnitTest, AMaskedOneIsLeftAndReported) {
  scene.system().set("containerd.service.enabled", "masked");
  const auto applied = scene.apply(plan_of(unit("containerd.service", {})));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().hint, "systemctl unmask containerd.service");
}

TEST_F(UnitTest, WithoutSystemd) {
  std::filesystem::remove(scene.at("/usr/bin/systemctl"));
  const auto applied = scene.apply(plan_of(unit("containerd.service", {})));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, ExitCode::unsupported_host);
}

}  // namespace
}  // namespace kubeferry::steps
