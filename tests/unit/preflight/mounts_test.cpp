// SPDX-License-Identifier: Apache-2.0
#include "mounts.hpp"

#include <gtest/gtest.h>

#include "fixture.hpp"

namespace kubeferry::preflight {
namespace {

using namespace testing_support;

constexpr std::string_view k_mountinfo =
    "22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw\n"
    "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n"
    "30 27 8:1 / /var rw,nosuid,noexec,relatime - xfs /dev/sda1 rw,attr2\n"
    "31 30 8:2 / /var/lib/my\\040disk rw - ext4 /dev/sdb ro\n"
    "32 27 0:40 / /mnt rw - tmpfs tmpfs rw\n"
    "33 32 0:41 / /mnt rw - tmpfs tmpfs rw,size=4k\n"
    "broken line\n"
    "34 27 0:42 / /short -\n";

TEST(Mounts, AreReadFromMountinfo) {
  Tree tree;
  tree.write("/proc/self/mountinfo", k_mountinfo);
  const auto mounts = read_mounts(tree.host());
  ASSERT_EQ(mounts.size(), 6U);
  EXPECT_EQ(mounts[1].device, "254:0");
  EXPECT_EQ(mounts[1].type, "ext4");
  EXPECT_TRUE(mounts[2].has("noexec"));
  EXPECT_FALSE(mounts[1].has("noexec"));
  EXPECT_EQ(mounts[3].point, "/var/lib/my disk");
  EXPECT_TRUE(mounts[3].has("ro"));
}

TEST(Mounts, OfPaths) {
  Tree tree;
  tree.write("/proc/self/mountinfo", k_mountinfo);
  const auto mounts = read_mounts(tree.host());
  const auto device = [&](const char* path) { return mount_of(mounts, path)->device; };
  EXPECT_EQ(device("/"), "254:0");
  EXPECT_EQ(device("/usr/local/bin"), "254:0");
  EXPECT_EQ(device("/variable"), "254:0");
  EXPECT_EQ(device("/var"), "8:1");
  EXPECT_EQ(device("/var/lib/containerd"), "8:1");
  EXPECT_EQ(device("/var/lib/my disk/x"), "8:2");
  EXPECT_EQ(device("/mnt/x"), "0:41");
  EXPECT_EQ(mount_of({}, "/x"), nullptr);
}

TEST(Mounts, NoFile) { EXPECT_TRUE(read_mounts(Tree().host()).empty()); }

}  // namespace
}  // namespace kubeferry::preflight
