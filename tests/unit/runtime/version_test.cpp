// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/version.hpp>

#include <gtest/gtest.h>

namespace kubeferry::runtime {
namespace {

TEST(Version, IsFoundInWhatProgramsPrint) {
  EXPECT_EQ(find_version("containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3"),
            (Version{1, 6, 20}));
  EXPECT_EQ(find_version("containerd github.com/containerd/containerd/v2 v2.3.0 5ac8f0d"), (Version{2, 3, 0}));
  EXPECT_EQ(find_version("containerd containerd.io v2.2.0-rc.1 abc"), (Version{2, 2, 0}));
  EXPECT_EQ(find_version("runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\nspec: 1.0.2-dev"), (Version{1, 1, 5}));
  EXPECT_EQ(find_version("crio version 1.20\nVersion: 1.20.2"), (Version{1, 20, 0}));
  EXPECT_EQ(find_version("crictl version v1.30.1"), (Version{1, 30, 1}));
}

TEST(Version, IsNotFoundInOtherThings) {
  EXPECT_EQ(find_version(""), std::nullopt);
  EXPECT_EQ(find_version("runc commit 5ac8f0d"), std::nullopt);
  EXPECT_EQ(find_version("version 7"), std::nullopt);
  EXPECT_EQ(find_version("99999999999999999999.1"), std::nullopt);
  EXPECT_EQ(find_version("1."), std::nullopt);
}

TEST(Version, OrdersByNumbers) {
  EXPECT_LT((Version{1, 6, 9}), (Version{1, 6, 22}));
  EXPECT_LT((Version{1, 10, 0}), (Version{2, 0, 0}));
  EXPECT_EQ((Version{1, 7, 3}).to_string(), "1.7.3");
}

}  // namespace
}  // namespace kubeferry::runtime
