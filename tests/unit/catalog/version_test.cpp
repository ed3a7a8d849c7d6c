// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <kubeferry/catalog/version.hpp>

namespace kubeferry::catalog {
namespace {

TEST(KubernetesVersion, RoundTrip) {
  for (const std::string_view text : {"v1.20.0", "v1.34.2", "v1.37.0-rc.0", "v1.32.0-alpha.12", "v1.9.10"}) {
    const auto version = KubernetesVersion::parse(text);
    ASSERT_TRUE(version) << text;
    EXPECT_EQ(version->to_string(), text);
    EXPECT_EQ(*KubernetesVersion::parse(text.substr(1)), *version) << "without v";
  }
}

TEST(KubernetesVersion, NothingElse) {
  for (const std::string_view text :
       {"",          "v",        "v1.34",     "1.34",       "v2.0.0",      "v1.34.2.1",      "v1.034.2",
        "v1.34.02",  "v1.34.-1", "v1.34.2-",  "v1.34.2-rc", "v1.34.2-rc.", "v1.34.2-rc.0.1", "v1.34.2-rc.0 ",
        "v1.34.2+x", " v1.34.2", "v1.34.2\n", "--v1.34.2",  "stable",      "vv1.34.2",       "v1.99999.0",
        "v1.34.2;id"}) {
    const auto version = KubernetesVersion::parse(text);
    ASSERT_FALSE(version) << text;
    EXPECT_EQ(version.error().code, ExitCode::usage);
    EXPECT_NE(version.error().hint.find("v1.34.2"), std::string::npos);
  }
}

TEST(CompareNumbers, ByPartAsNumbers) {
  EXPECT_LT(compare_numbers("v1.9.0", "v1.10.0"), 0);
  EXPECT_EQ(compare_numbers("1.28.0", "v1.28.0"), 0);
  EXPECT_EQ(compare_numbers("v1.27", "v1.27.0"), 0);
  EXPECT_LT(compare_numbers("3.5.24-0", "3.6"), 0);
  EXPECT_GT(compare_numbers("3.6.4-0", "3.6"), 0);
  EXPECT_GT(compare_numbers("1.7.28", "1.6.36"), 0);
}

}  // namespace
}  // namespace kubeferry::catalog
