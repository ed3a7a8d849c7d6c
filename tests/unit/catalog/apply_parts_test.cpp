// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <kubeferry/catalog/cni_manifest.hpp>

namespace kubeferry::catalog {
namespace {

constexpr std::string_view k_definition =
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  group: operator.tigera.io\n  names: "
    "{kind: Installation}\n";
constexpr std::string_view k_deployment = "---\napiVersion: apps/v1\nkind: Deployment\n";
constexpr std::string_view k_resource =
    "--- # the cluster's\napiVersion: operator.tigera.io/v1\nkind: Installation\nspec:\n  note: |\n    ---\n    text\n";

std::string joined(std::initializer_list<std::string_view> parts) { return fmt::format("{}", fmt::join(parts, "")); }

TEST(ApplyParts, DefinitionsComeBeforeObjectsOfTheirKinds) {
  const auto parts = apply_parts(joined({k_definition, k_deployment, k_resource}), "f");
  ASSERT_TRUE(parts) << parts.error().message;
  EXPECT_EQ(parts->definitions, k_definition);
  EXPECT_EQ(parts->rest, joined({k_deployment, k_resource}));
}

TEST(ApplyParts, WithoutSuchObjectsNothingIsTakenApart) {
  for (const std::string& text : {joined({k_definition, k_deployment}), joined({k_deployment, k_resource}),
                                  joined({k_definition, "---\napiVersion: other.io/v1\nkind: Installation\n"}),
                                  std::string("# nothing\n"), std::string()}) {
    const auto parts = apply_parts(text, "f");
    ASSERT_TRUE(parts) << parts.error().message;
    EXPECT_EQ(parts->definitions, "");
    EXPECT_EQ(parts->rest, text);
  }
}

TEST(ApplyParts, NoYaml) { EXPECT_EQ(apply_parts("a: [\n", "f").error().code, ExitCode::format); }

}  // namespace
}  // namespace kubeferry::catalog
