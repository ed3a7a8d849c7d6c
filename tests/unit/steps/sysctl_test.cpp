// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scene.hpp"

namespace kubeferry::steps {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* k_forward = "/proc/sys/net/ipv4/ip_forward";

TEST(SysctlTest, IsSetAndPutBack) {
  const Scene scene;
  scene.write(k_forward, "0\n");
  scene.write("/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
  const auto applied =
      scene.apply(plan_of(sysctl("net.ipv4.ip_forward", "1"), sysctl("net.ipv4.ip_local_port_range", "32768 60999")));
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(applied->kept, 1U);
  EXPECT_EQ(scene.read(k_forward), "1\n");
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(scene.read(k_forward), "0\n");
}

TEST(SysctlTest, SeparatorsAreThoseOfSysctl8) {
  const Scene scene;
  scene.write("/proc/sys/net/ipv4/conf/eth0.100/forwarding", "0\n");
  ASSERT_TRUE(scene.apply(plan_of(sysctl("net/ipv4/conf/eth0.100/forwarding", "1"))));
  EXPECT_EQ(scene.read("/proc/sys/net/ipv4/conf/eth0.100/forwarding"), "1\n");
  ASSERT_TRUE(scene.undo());
  ASSERT_TRUE(scene.apply(plan_of(sysctl("net.ipv4.conf.eth0/100.forwarding", "1"))));
  EXPECT_EQ(scene.read("/proc/sys/net/ipv4/conf/eth0.100/forwarding"), "1\n");
}

TEST(SysctlTest, WhatSomebodySetAfterUsIsLeft) {
  const Scene scene;
  scene.write(k_forward, "0\n");
  ASSERT_TRUE(scene.apply(plan_of(sysctl("net.ipv4.ip_forward", "1"))));
  scene.write(k_forward, "2\n");
  ASSERT_TRUE(scene.undo_and_remove());
  EXPECT_EQ(scene.read(k_forward), "2\n");
  EXPECT_EQ(scene.warnings().size(), 1U);
}

TEST(SysctlTest, AKeyTheKernelDoesNotHave) {
  const Scene scene;
  const auto applied = scene.apply(plan_of(sysctl("net.bridge.bridge-nf-call-iptables", "1")));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, ExitCode::unsupported_host);
  EXPECT_THAT(applied.error().message, HasSubstr("/proc/sys/net/bridge/bridge-nf-call-iptables"));
  EXPECT_EQ(applied.error().hint, "modprobe br_netfilter");
}

TEST(SysctlTest, AKeyThatWentWithItsModuleIsNoErrorWhenUndoing) {
  const Scene scene;
  scene.write(k_forward, "0\n");
  ASSERT_TRUE(scene.apply(plan_of(sysctl("net.ipv4.ip_forward", "1"))));
  std::filesystem::remove_all(scene.at("/proc/sys/net"));
  EXPECT_TRUE(scene.undo_and_remove());
}

/// The real thing: a value that the kernel refuses, and one it takes and gives back in another form.
TEST(SysctlTest, TheKernelHasTheLastWord) {
  const Scene scene;
  const host::Host real("/", scene.host().runner());
  const auto step = sysctl("net.ipv4.ip_local_port_range", "nonsense");
  const Status applied = step->apply(real);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, ExitCode::io);
  EXPECT_THAT(applied.error().message, HasSubstr("ip_local_port_range"));
}

}  // namespace
}  // namespace kubeferry::steps
