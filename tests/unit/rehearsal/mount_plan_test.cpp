// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/rehearsal/mount_plan.hpp>

#include <gmock/gmock.h>

namespace kubeferry::rehearsal {
namespace {

using testing::ElementsAre;

constexpr std::string_view k_server = R"(22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
23 22 0:21 / /proc rw,nosuid shared:2 - proc proc rw
24 22 0:22 / /sys rw,nosuid shared:3 - sysfs sysfs rw
25 24 0:7 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate
26 22 0:5 / /dev rw,nosuid shared:5 - devtmpfs udev rw
27 26 0:24 / /dev/shm rw shared:6 - tmpfs tmpfs rw
28 22 0:25 / /run rw shared:7 - tmpfs tmpfs rw
29 28 8:17 / /run/media/stick rw shared:8 - vfat /dev/sdb1 rw
30 22 254:17 / /var rw shared:9 - xfs /dev/vdb1 rw
31 30 254:33 / /var/lib/etcd rw shared:10 - xfs /dev/vdc1 rw
32 22 7:0 / /snap/core/1 ro shared:11 - squashfs /dev/loop0 ro
33 22 0:40 / /tmp rw shared:12 - tmpfs tmpfs rw
34 22 254:49 / /mnt/my\040disk rw shared:13 - ext4 /dev/vdd1 rw
35 30 0:50 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
36 22 0:60 / /mnt/a:b rw - ext4 /dev/vde1 rw
)";

TEST(PlanMounts, OfAServer) {
  const std::string hidden[] = {"/var/lib/kubeferry-rehearsal"};
  const auto lines = parse_mountinfo(k_server);
  EXPECT_THAT(plan_mounts(lines, hidden),
              ElementsAre(MountPlan{"/mnt/a:b", View::read_only}, MountPlan{"/mnt/my disk", View::copy_on_write},
                          MountPlan{"/run/media/stick", View::read_only, true},
                          MountPlan{"/snap/core/1", View::read_only}, MountPlan{"/tmp", View::copy_on_write},
                          MountPlan{"/var", View::copy_on_write}, MountPlan{"/var/lib/etcd", View::copy_on_write}));
}

TEST(PlanMounts, WhatALaterMountHidesIsNotThere) {
  const auto lines = parse_mountinfo(
      "1 0 1:1 / / rw - ext4 a rw\n2 1 1:2 / /srv/data rw - ext4 b rw\n3 1 1:3 / /srv rw - ext4 c rw\n"
      "4 1 1:4 / /opt rw - ext4 d rw\n5 4 1:5 / /opt ro - ext4 e ro\n");
  EXPECT_THAT(plan_mounts(lines, {}),
              ElementsAre(MountPlan{"/opt", View::read_only}, MountPlan{"/srv", View::copy_on_write}));
}

TEST(PlanMounts, NothingOfTheWorkDirectory) {
  const std::string hidden[] = {"/srv/rehearsal"};
  const auto lines = parse_mountinfo(
      "2 1 1:2 / /srv/rehearsal rw - ext4 b rw\n3 2 1:3 / /srv/rehearsal/x rw - ext4 c rw\n"
      "4 1 1:4 / /srv/rehearsals rw - ext4 c rw\n");
  EXPECT_THAT(plan_mounts(lines, hidden), ElementsAre(MountPlan{"/srv/rehearsals", View::copy_on_write}));
}

TEST(GroupMounts, OfEitherVersion) {
  EXPECT_THAT(group_mounts(parse_mountinfo(k_server)), ElementsAre(GroupMount{"/sys/fs/cgroup", 2, ""}));
  const auto lines = parse_mountinfo(
      "1 0 0:1 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
      "2 0 0:2 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/x,name=systemd\n"
      "3 0 0:3 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset,clone_children\n"
      "4 0 0:4 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  EXPECT_THAT(group_mounts(lines), ElementsAre(GroupMount{"/sys/fs/cgroup/cpu,cpuacct", 1, "cpu,cpuacct"},
                                               GroupMount{"/sys/fs/cgroup/systemd", 1, "none,name=systemd"},
                                               GroupMount{"/sys/fs/cgroup/cpuset", 1, "cpuset"},
                                               GroupMount{"/sys/fs/cgroup/unified", 2, ""}));
}

TEST(IsWithin, IsAboutFoldersNotText) {
  EXPECT_TRUE(is_within("/var/lib", "/var"));
  EXPECT_TRUE(is_within("/var", "/var"));
  EXPECT_TRUE(is_within("/var", "/"));
  EXPECT_FALSE(is_within("/variable", "/var"));
  EXPECT_FALSE(is_within("/", "/var"));
}

}  // namespace
}  // namespace kubeferry::rehearsal
