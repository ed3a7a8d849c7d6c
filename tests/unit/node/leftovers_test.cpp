// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/leftovers.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_host.hpp"

namespace kubeferry::node {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(MountsBelow, InnermostFirstAndUnescaped) {
  const std::string_view mounts =
      "tmpfs / tmpfs rw 0 0\n"
      "tmpfs /var/lib/kubelet/pods/1/volumes/a tmpfs rw 0 0\n"
      "tmpfs /var/lib/kubelet/pods/1/volumes/a\\040b tmpfs rw 0 0\n"
      "tmpfs /var/lib/kubelet2 tmpfs rw 0 0\n"
      "tmpfs /var/lib/kubelet tmpfs rw 0 0\n";
  EXPECT_THAT(
      mounts_below(mounts, "/var/lib/kubelet"),
      ElementsAre("/var/lib/kubelet", "/var/lib/kubelet/pods/1/volumes/a b", "/var/lib/kubelet/pods/1/volumes/a"));
}

TEST(GroupOptions, OfTheOneFileSystemAtThatPoint) {
  const std::string_view mounts =
      "cgroup2 /sys/fs/cgroup/unified cgroup2 rw,nsdelegate 0 0\n"
      "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate,memory_recursiveprot 0 0\n";
  EXPECT_THAT(group_options_in(mounts, "/sys/fs/cgroup"), ElementsAre("nsdelegate", "memory_recursiveprot"));
  EXPECT_THAT(group_options_in("tmpfs /sys/fs/cgroup tmpfs rw,nsdelegate 0 0\n", "/sys/fs/cgroup"), ElementsAre());
}

TEST(RemoveLeftovers, WhatAContainerTookFromTheControlGroupsComesBack) {
  const FakeHost fake;
  fake.write("/bin/mount", "", true);
  fake.write("/bin/systemctl", "", true);
  Json before;
  before.set("paths", Json::array());
  before.set("folders", Json::object());
  Json options = Json::array();
  options.push("memory_recursiveprot");
  options.push("nsdelegate");
  before.set("groupOptions", std::move(options));
  fake.write("/sys/fs/cgroup/kubepods.slice/cgroup.procs", "");
  ASSERT_TRUE(remove_leftovers(fake.host(), before, [](std::string_view line) { ADD_FAILURE() << line; }));
  EXPECT_THAT(fake.ran(), ElementsAre("/bin/systemctl stop kubepods.slice",
                                      "/bin/mount -o remount,memory_recursiveprot,nsdelegate " +
                                          fake.host().at("/sys/fs/cgroup").native()));
}

TEST(RemoveLeftovers, TablesThatTheClusterMadeGoWhenTheyDoNothing) {
  std::string saved = "*nat\n:PREROUTING DROP [0:0]\nCOMMIT\n*raw\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
  const FakeHost fake([&](const Command& command) {
    return ProcessOutput{.out = command.argv[0] == "/sbin/iptables-nft-save" ? saved : std::string()};
  });
  for (const auto* program : {"/sbin/iptables-nft-save", "/sbin/iptables-nft", "/sbin/nft"}) {
    fake.write(program, "", true);
  }
  const Json before = note_leftovers(fake.host());
  saved =
      "*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n*mangle\n:INPUT ACCEPT [0:0]\n-A "
      "INPUT -j DROP\nCOMMIT\n";
  ASSERT_TRUE(remove_leftovers(fake.host(), before, [](std::string_view line) { ADD_FAILURE() << line; }));
  EXPECT_THAT(fake.ran(), ElementsAre("/sbin/iptables-nft-save", "/sbin/iptables-nft-save",
                                      "/sbin/iptables-nft --table filter --wait 10 --delete-chain",
                                      "/sbin/nft delete table ip filter"));
}

TEST(RemoveLeftovers, TakesWhatCameAndLeavesWhatWasThere) {
  const FakeHost fake;
  fake.write("/etc/cni/net.d/99-site.conf", "site");
  fake.write("/opt/cni/bin/bridge", "ours");
  fake.write("/var/lib/cni/site", "site");
  fake.write("/proc/sys/vm/overcommit_memory", "0\n");
  const Json before = note_leftovers(fake.host());
  fake.write("/etc/cni/net.d/10-flannel.conflist", "flannel");
  fake.write("/opt/cni/bin/flannel", "flannel");
  fake.write("/etc/kubernetes/admin.conf", "secret");
  fake.write("/var/lib/kubelet/config.yaml", "x");
  fake.write("/usr/libexec/kubernetes/plugins/x", "x");
  fake.write("/proc/sys/vm/overcommit_memory", "1\n");
  const auto removed = remove_leftovers(fake.host(), before, [](std::string_view line) { ADD_FAILURE() << line; });
  ASSERT_TRUE(removed) << removed.error().message;
  for (const auto* path : {"/etc/cni/net.d/10-flannel.conflist", "/opt/cni/bin/flannel", "/etc/kubernetes",
                           "/var/lib/kubelet", "/usr/libexec"}) {
    EXPECT_FALSE(fake.host().exists(path)) << path;
  }
  for (const auto* path : {"/etc/cni/net.d/99-site.conf", "/opt/cni/bin/bridge", "/var/lib/cni/site"}) {
    EXPECT_TRUE(fake.host().exists(path)) << path;
  }
  EXPECT_EQ(fake.host().line("/proc/sys/vm/overcommit_memory"), "0");
}

TEST(RemoveLeftovers, KubeadmsDirectoriesGoFromADirectoryThatWasThere) {
  const FakeHost fake;
  fake.write("/etc/kubernetes/audit.yaml", "site");
  const Json before = note_leftovers(fake.host());
  fake.write("/etc/kubernetes/manifests/etcd.yaml", "x");
  fake.write("/etc/kubernetes/pki/ca.key", "x");
  ASSERT_TRUE(remove_leftovers(fake.host(), before, [](std::string_view line) { ADD_FAILURE() << line; }));
  EXPECT_FALSE(fake.host().exists("/etc/kubernetes/manifests"));
  EXPECT_FALSE(fake.host().exists("/etc/kubernetes/pki"));
  EXPECT_TRUE(fake.host().exists("/etc/kubernetes/audit.yaml"));
}

TEST(RemoveLeftovers, WithoutKnowingWhatWasThereNoDirectoryGoes) {
  const FakeHost fake;
  fake.write("/etc/kubernetes/admin.conf", "somebody's");
  std::vector<std::string> said;
  const auto removed = remove_leftovers(fake.host(), Json(), [&](std::string_view line) { said.emplace_back(line); });
  EXPECT_FALSE(removed);
  EXPECT_THAT(said, Contains(HasSubstr("the journal does not say")));
  EXPECT_TRUE(fake.host().exists("/etc/kubernetes/admin.conf"));
}

TEST(RemoveLeftovers, InterfacesOfTheClusterGoUnlessTheyWereThere) {
  const FakeHost fake;
  fake.write("/usr/sbin/ip", "", true);
  fake.write("/sys/class/net/kube-ipvs0/mtu", "1500");
  const Json before = note_leftovers(fake.host());
  fake.write("/sys/class/net/cni0/mtu", "1500");
  fake.write("/sys/class/net/eth0/mtu", "1500");
  const auto removed = remove_leftovers(fake.host(), before, [](std::string_view line) { ADD_FAILURE() << line; });
  ASSERT_TRUE(removed);
  EXPECT_THAT(fake.ran(), ElementsAre("/usr/sbin/ip link delete cni0"));
}

}  // namespace
}  // namespace kubeferry::node
