// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include <kubeferry/platforms/platform.hpp>

namespace kubeferry::platforms {
namespace {

TEST(Platforms, AreFiveInAlphabeticalOrder) {
  std::vector<std::string_view> names;
  for (const Platform& platform : all()) {
    names.push_back(platform.name);
  }
  EXPECT_EQ(names,
            (std::vector<std::string_view>{"linux/amd64", "linux/arm", "linux/arm64", "linux/ppc64le", "linux/s390x"}));
}

TEST(Platforms, EveryDialectFindsTheSameOne) {
  for (const Platform& platform : all()) {
    std::vector<std::string> names = {std::string(platform.name), std::string(platform.architecture),
                                      std::string(platform.debian), std::string(platform.rpm)};
    names.insert(names.end(), platform.machines.begin(), platform.machines.end());
    for (const std::string& name : names) {
      const auto found = find(name);
      ASSERT_TRUE(found) << name;
      EXPECT_EQ(*found, &platform) << name;
    }
  }
}

TEST(Platforms, NamesThatDifferFromGos) {
  const std::vector<std::pair<std::string_view, std::string_view>> names = {
      {"x86_64", "linux/amd64"},         {"armv7l", "linux/arm"},       {"armhf", "linux/arm"},
      {"aarch64", "linux/arm64"},        {"ppc64el", "linux/ppc64le"},  {"linux/arm/v7", "linux/arm"},
      {"linux/arm64/v8", "linux/arm64"}, {"LINUX/S390X", "linux/s390x"}};
  for (const auto& [text, expected] : names) {
    const auto found = find(text);
    ASSERT_TRUE(found) << text;
    EXPECT_EQ((*found)->name, expected) << text;
  }
}

TEST(Platforms, ReleaseFilesHaveTheirOwnNames) {
  EXPECT_EQ((*find("arm"))->runc, "armhf");
  EXPECT_EQ((*find("arm"))->containerd, "");
  EXPECT_EQ((*find("arm64"))->runc, "arm64");
  EXPECT_EQ((*find("s390x"))->containerd, "s390x");
}

TEST(Platforms, UnknownOnesNameTheNearest) {
  const auto found = find("linux/amd46");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ExitCode::usage);
  EXPECT_EQ(found.error().message, "unknown platform \"linux/amd46\"");
  EXPECT_NE(found.error().hint.find("linux/amd64"), std::string::npos);
}

TEST(Platforms, OtherSystemsAndVariantsAreUnknown) {
  for (const std::string_view text :
       {"", "linux", "linux/", "windows/amd64", "linux/arm/v5", "linux/arm/v6", "linux/amd64/v3", "linux/amd64/",
        "linux/arm/v7/x", "linux/riscv64", "linux/amd64\n", "-amd64"}) {
    EXPECT_FALSE(find(text)) << text;
  }
}

TEST(Platforms, ThisHostIsOneOfThem) {
  const auto here = host();
  ASSERT_TRUE(here);
#if defined(__x86_64__)
  EXPECT_EQ((*here)->name, "linux/amd64");
#endif
}

}  // namespace
}  // namespace kubeferry::platforms
