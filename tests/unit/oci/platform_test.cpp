// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/oci/platform.hpp>

#include <gtest/gtest.h>

namespace kubeferry::oci {
namespace {

Platform platform(std::string_view text) { return Platform::parse(text).value(); }
std::optional<unsigned> rank(std::string_view wanted, std::string_view offered) {
  return match_rank(platform(wanted), platform(offered));
}

TEST(Platform, ParsesWhatItWrites) {
  for (const char* const text : {"linux/amd64", "linux/arm/v7", "linux/arm64", "linux/ppc64le", "linux/s390x"}) {
    EXPECT_EQ(platform(text).to_string(), text);
  }
  EXPECT_EQ(platform("linux/arm/v7"), (Platform{"linux", "arm", "v7", ""}));
}

TEST(Platform, RefusesTheRest) {
  for (const char* const text : {"", "linux", "amd64", "linux/", "/amd64", "linux//v7", "linux/arm/v7/x", "Linux/amd64",
                                 "linux/amd 64", "linux/amd64\n", "linux/../etc", "linux/-x"}) {
    const auto parsed = Platform::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ExitCode::usage);
    EXPECT_NE(parsed.error().hint.find("linux/arm/v7"), std::string::npos);
  }
}

TEST(MatchRank, Arm) {
  for (const char* const wanted : {"linux/arm", "linux/arm/v7"}) {
    EXPECT_EQ(rank(wanted, "linux/arm/v7"), 0U);
    EXPECT_EQ(rank(wanted, "linux/arm"), 1U);
    EXPECT_EQ(rank(wanted, "linux/arm/v6"), 2U);
    EXPECT_EQ(rank(wanted, "linux/arm/v5"), 3U);
    EXPECT_FALSE(rank(wanted, "linux/arm/v8"));
    EXPECT_FALSE(rank(wanted, "linux/arm64"));
  }
  EXPECT_EQ(rank("linux/arm/v6", "linux/arm/v6"), 0U);
  EXPECT_EQ(rank("linux/arm/v6", "linux/arm/v5"), 1U);
  EXPECT_FALSE(rank("linux/arm/v6", "linux/arm")) << "no variant means v7";
  EXPECT_EQ(rank("linux/arm/v5", "linux/arm/v5"), 0U);
  EXPECT_FALSE(rank("linux/arm/v5", "linux/arm/v6"));
}

TEST(MatchRank, Arm64WithAndWithoutV8) {
  EXPECT_EQ(rank("linux/arm64", "linux/arm64"), 0U);
  EXPECT_EQ(rank("linux/arm64", "linux/arm64/v8"), 1U);
  EXPECT_EQ(rank("linux/arm64/v8", "linux/arm64"), 1U);
  EXPECT_EQ(rank("linux/arm64/v8", "linux/arm64/v8"), 0U);
  EXPECT_FALSE(rank("linux/arm64", "linux/arm64/v9"));
}

TEST(MatchRank, Amd64Levels) {
  EXPECT_EQ(rank("linux/amd64", "linux/amd64"), 0U);
  EXPECT_EQ(rank("linux/amd64", "linux/amd64/v1"), 0U);
  EXPECT_FALSE(rank("linux/amd64", "linux/amd64/v2"));
  EXPECT_EQ(rank("linux/amd64/v3", "linux/amd64/v3"), 0U);
  EXPECT_EQ(rank("linux/amd64/v3", "linux/amd64/v2"), 1U);
  EXPECT_EQ(rank("linux/amd64/v3", "linux/amd64"), 2U);
  EXPECT_FALSE(rank("linux/amd64/v3", "linux/amd64/v4"));
  EXPECT_FALSE(rank("linux/amd64", "linux/amd64/strange"));
}

TEST(MatchRank, OthersMatchThemselvesOnly) {
  EXPECT_EQ(rank("linux/ppc64le", "linux/ppc64le"), 0U);
  EXPECT_EQ(rank("linux/s390x", "linux/s390x"), 0U);
  EXPECT_FALSE(rank("linux/s390x", "linux/ppc64le"));
  EXPECT_FALSE(rank("linux/ppc64le", "linux/ppc64le/power9"));
  EXPECT_FALSE(rank("linux/amd64", "windows/amd64"));
  EXPECT_FALSE(rank("linux/amd64", "unknown/unknown"));
  EXPECT_FALSE(rank("unknown/unknown", "unknown/unknown"));
  EXPECT_FALSE(match_rank({"linux", "amd64", "", ""}, {"linux", "amd64", "", "10.0.17763.1"}));
}

TEST(Normalised, HasOneSpelling) {
  EXPECT_EQ(normalised(platform("linux/arm")), platform("linux/arm/v7"));
  EXPECT_EQ(normalised(platform("linux/arm64/v8")), platform("linux/arm64"));
  EXPECT_EQ(normalised(platform("linux/amd64/v1")), platform("linux/amd64"));
  EXPECT_EQ(normalised(platform("linux/amd64/v2")), platform("linux/amd64/v2"));
}

}  // namespace
}  // namespace kubeferry::oci
