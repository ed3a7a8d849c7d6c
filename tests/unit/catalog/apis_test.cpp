// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <kubeferry/catalog/catalog.hpp>

namespace kubeferry::catalog {
namespace {

using testing::HasSubstr;

class ApisTest : public testing::Test {
protected:
  [[nodiscard]] Status check(std::string_view manifest, std::string_view kubernetes) const {
    return check_apis(catalog_, manifest, "m.yaml", KubernetesVersion::parse(kubernetes).value());
  }
  [[nodiscard]] std::string complaint(std::string_view manifest, std::string_view kubernetes) const {
    const Status status = check(manifest, kubernetes);
    return status ? "" : status.error().message;
  }

  Catalog catalog_ = Catalog::builtin().value();
};

constexpr std::string_view k_daemon_set =
    "---\nkind: ServiceAccount\napiVersion: v1\n---\napiVersion: extensions/v1beta1\nkind: DaemonSet\nmetadata: {name: "
    "agent, namespace: kube-system}\n";

TEST_F(ApisTest, WhatIsGone) {
  const Status gone = check(k_daemon_set, "v1.20.2");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ExitCode::usage);
  EXPECT_EQ(gone.error().message,
            "m.yaml:5: DaemonSet kube-system/agent is of extensions/v1beta1, which is served only up to 1.15, and the "
            "bundle is for Kubernetes v1.20.2");
  EXPECT_EQ(gone.error().hint, "apps/v1 serves that kind: take a release or a manifest that uses it");
}

TEST_F(ApisTest, WhatIsNotThereYetOrOff) {
  constexpr std::string_view budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n";
  EXPECT_THAT(complaint(budget, "v1.20.15"), HasSubstr("PodDisruptionBudget a is of policy/v1, which is served only "
                                                       "since 1.21"));
  EXPECT_EQ(complaint(budget, "v1.21.0"), "");
  EXPECT_THAT(complaint("apiVersion: certificates.k8s.io/v1beta1\nkind: ClusterTrustBundle\n", "v1.34.0"),
              HasSubstr("ClusterTrustBundle without a name is of certificates.k8s.io/v1beta1, which is off unless"));
}

TEST_F(ApisTest, ListsAreLookedInto) {
  EXPECT_THAT(complaint("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: policy/v1beta1, kind: PodSecurityPolicy}\n",
                        "v1.25.0"),
              HasSubstr("PodSecurityPolicy without a name is of policy/v1beta1, which is served only up to 1.24"));
}

TEST_F(ApisTest, WhatIsNotKubernetessOwnPasses) {
  EXPECT_EQ(complaint("apiVersion: operator.tigera.io/v1\nkind: Installation\n", "v1.34.2"), "");
  EXPECT_EQ(complaint("apiVersion: apps/v1\nkind: DaemonSet\n", "v1.37.0"), "");
  EXPECT_EQ(complaint("# nothing\n", "v1.34.2"), "");
  EXPECT_EQ(check("a: [\n", "v1.34.2").error().code, ExitCode::format);
}

TEST_F(ApisTest, EveryKindOfTheCoreOfANodeIsServedEverywhere) {
  for (const MinorRelease& minor : catalog_.minors) {
    const std::string version = fmt::format("v1.{}.0", minor.minor);
    for (const std::string_view object : {"v1\nkind: ConfigMap", "v1\nkind: Namespace", "apps/v1\nkind: Deployment",
                                          "rbac.authorization.k8s.io/v1\nkind: ClusterRole",
                                          "apiextensions.k8s.io/v1\nkind: CustomResourceDefinition"}) {
      EXPECT_EQ(complaint(fmt::format("apiVersion: {}\n", object), version), "") << version;
    }
  }
}

}  // namespace
}  // namespace kubeferry::catalog
