// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scene.hpp"

namespace kubeferry::steps {
namespace {

using testing::HasSubstr;

struct ModuleTest : testing::Test {
  Scene scene;
  ModuleTest() {
    scene.program("/usr/sbin/modprobe");
    scene.program("/usr/sbin/rmmod");
    scene.write("/proc/sys/kernel/osrelease", "6.1.0-50-amd64\n");
    scene.write("/lib/modules/6.1.0-50-amd64/modules.builtin", "kernel/fs/overlayfs/overlay.ko\nkernel/x/nf-nat.ko\n");
    scene.write("/lib/modules/6.1.0-50-amd64/modules.dep",
                "kernel/net/bridge/bridge.ko.xz: kernel/net/llc/llc.ko.xz\n"
                "kernel/net/bridge/br_netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz kernel/net/llc/llc.ko.xz\n");
    scene.write("/proc/modules", "nf_conntrack 1 0 - Live 0x0\n");
  }
  [[nodiscard]] bool loaded(std::string_view name) const {
    return ("\n" + scene.read("/proc/modules")).find("\n" + std::string(name) + " ") != std::string::npos;
  }
};

TEST_F(ModuleTest, LoadedOrBuiltInIsSatisfied) {
  std::filesystem::create_directories(scene.at("/sys/module/ip_vs"));
  const auto applied = scene.apply(plan_of(kernel_module("overlay"), kernel_module("nf_nat"), kernel_module("ip_vs"),
                                           kernel_module("nf-conntrack")));
  ASSERT_TRUE(applied);
  EXPECT_EQ(applied->kept, 4U);
  EXPECT_EQ(scene.system().log(), "");
}

TEST_F(ModuleTest, IsLoadedAndUnloadedWithWhatItBrought) {
  ASSERT_TRUE(scene.apply(plan_of(kernel_module("br_netfilter"))));
  EXPECT_TRUE(loaded("br_netfilter") && loaded("bridge"));
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(scene.read("/proc/modules"), "nf_conntrack 1 0 - Live 0x0\n");
}

TEST_F(ModuleTest, WhatItNeedsStaysWhenItWasThereBefore) {
  scene.write("/proc/modules", "bridge 1 0 - Live 0x0\n");
  ASSERT_TRUE(scene.apply(plan_of(kernel_module("br_netfilter"))));
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_TRUE(loaded("bridge"));
  EXPECT_FALSE(loaded("br_netfilter"));
}

TEST_F(ModuleTest, OneInUseStaysWithAWarning) {
  ASSERT_TRUE(scene.apply(plan_of(kernel_module("br_netfilter"))));
  scene.system().set("in-use", "br_netfilter");
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_TRUE(loaded("br_netfilter"));
  ASSERT_EQ(scene.warnings().size(), 1U);
  EXPECT_THAT(scene.warnings()[0], HasSubstr("is in use"));
}

TEST_F(ModuleTest, WhatItNeedsStaysWhenSomethingElseNeedsItNow) {
  ASSERT_TRUE(scene.apply(plan_of(kernel_module("br_netfilter"))));
  scene.system().set("in-use", "bridge");
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_TRUE(loaded("bridge"));
  EXPECT_FALSE(loaded("br_netfilter"));
  EXPECT_TRUE(scene.warnings().empty());
}

TEST_F(ModuleTest, OneThatIsNotThereIsTheHostsFault) {
  const auto applied = scene.apply(plan_of(kernel_module("nosuch")));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, ExitCode::unsupported_host);
  EXPECT_THAT(applied.error().message, HasSubstr("nosuch not found"));
  EXPECT_THAT(applied.error().hint, HasSubstr("/lib/modules/6.1.0-50-amd64"));
  EXPECT_TRUE(scene.undo_and_remove());
}

TEST_F(ModuleTest, WithoutModprobe) {
  std::filesystem::remove(scene.at("/usr/sbin/modprobe"));
  const auto applied = scene.apply(plan_of(kernel_module("ip_vs")));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, ExitCode::unsupported_host);
  EXPECT_THAT(applied.error().hint, HasSubstr("kmod"));
}

}  // namespace
}  // namespace kubeferry::steps
