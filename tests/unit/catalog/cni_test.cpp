// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include <kubeferry/catalog/needs.hpp>

#include "spec_text.hpp"

namespace kubeferry::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CniTest : public testing::Test {
protected:
  [[nodiscard]] Result<ChosenCni> choose(std::string_view name, std::string_view version,
                                         std::string_view kubernetes) const {
    const auto parsed = KubernetesVersion::parse(kubernetes).value();
    return choose_cni(catalog_, name, version, &parsed);
  }
  [[nodiscard]] std::string version(std::string_view name, std::string_view kubernetes) const {
    const auto chosen = choose(name, "", kubernetes);
    return chosen ? chosen->release.version : chosen.error().message;
  }
  [[nodiscard]] Result<Needs> needs(std::string_view platforms, std::string_view more) const {
    const auto spec = parse(fmt::format(
        "apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: \"1\"\nplatforms: {}\n{}", platforms, more));
    if (!spec) {
      return Failure(spec.error());
    }
    return needs_of(*spec, catalog_);
  }

  Catalog catalog_ = Catalog::builtin().value();
};

std::vector<std::string> references(const std::vector<ImageNeed>& images) {
  std::vector<std::string> out;
  std::ranges::transform(images, std::back_inserter(out), &ImageNeed::reference);
  return out;
}

TEST_F(CniTest, AllOfTheGuides) {
  std::vector<std::string> names;
  for (const Cni& cni : catalog_.cnis) {
    names.push_back(cni.name);
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("antrea", "calico", "calico-operator", "canal", "cilium", "contrail",
                                                   "flannel", "kube-router", "romana", "weave"));
}

TEST_F(CniTest, TheNewestThatItsProjectTestsElseTheNewestThatRuns) {
  const struct {
    std::string_view name, kubernetes, version;
  } rows[] = {
      {"flannel", "v1.20.0", "v0.28.9"},         {"flannel", "v1.37.0", "v0.28.9"},
      {"calico", "v1.20.15", "v3.21.6"},         {"calico", "v1.22.0", "v3.24.5"},
      {"calico", "v1.26.0", "v3.26.5"},          {"calico", "v1.30.0", "v3.29.7"},
      {"calico", "v1.31.0", "v3.30.7"},          {"calico", "v1.34.2", "v3.32.1"},
      {"calico", "v1.37.0", "v3.32.1"},          {"canal", "v1.28.0", "v3.28.5"},
      {"calico-operator", "v1.33.0", "v3.31.7"}, {"kube-router", "v1.20.0", "v1.6.1"},
      {"kube-router", "v1.21.0", "v2.11.1"},     {"cilium", "v1.33.0", "1.18.12"},
      {"cilium", "v1.35.0", "1.20.0"},           {"antrea", "v1.22.0", "v2.4.5"},
      {"antrea", "v1.36.0", "v2.7.0"},           {"weave", "v1.34.0", "v2.8.1"},
      {"contrail", "v1.23.0", "R21.4"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(version(row.name, row.kubernetes), row.version) << row.name << " " << row.kubernetes;
  }
}

TEST_F(CniTest, EveryMinorHasOneOfEachMaintainedNetwork) {
  for (const MinorRelease& minor : catalog_.minors) {
    for (const std::string_view name : {"antrea", "calico", "calico-operator", "canal", "flannel", "kube-router"}) {
      const auto chosen = choose(name, "", fmt::format("v1.{}.0", minor.minor));
      ASSERT_TRUE(chosen) << name << minor.minor << chosen.error().message;
      for (const auto& url : chosen->release.manifests) {
        EXPECT_EQ(url.find('{'), std::string::npos) << url;
      }
      for (const auto& image : cni_images(*chosen)) {
        EXPECT_EQ(image.reference.find('{'), std::string::npos) << image.reference;
        EXPECT_FALSE(image.platforms.empty()) << image.reference;
      }
    }
  }
}

// docs/catalog.md has the choice as a table, for people; it must be this one.
TEST_F(CniTest, TheDocumentSaysTheSame) {
  std::ifstream in(std::string(KF_SOURCE_DIR) + "/docs/catalog.md");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  for (const Cni& cni : catalog_.cnis) {
    const auto at = text.find(fmt::format("`{}`", cni.name));
    ASSERT_NE(at, std::string::npos) << cni.name;
    const std::string row = text.substr(at, text.find('\n', at) - at);
    for (const MinorRelease& minor : catalog_.minors) {
      const auto chosen = choose(cni.name, "", fmt::format("v1.{}.0", minor.minor));
      if (chosen && !row.ends_with("| as calico |")) {
        EXPECT_THAT(row, HasSubstr(chosen->release.version)) << cni.name << " 1." << minor.minor;
      }
    }
    if (!row.ends_with("| as calico |")) {
      for (const auto& architecture : cni.releases.front().architectures) {
        EXPECT_THAT(row, HasSubstr(architecture)) << cni.name;
      }
    }
    EXPECT_EQ(cni.maintained != Maintained::yes, row.find("dead") != row.npos || row.find("dormant") != row.npos)
        << cni.name;
  }
}

TEST_F(CniTest, WhatDoesNotRunIsRefusedWithItsReason) {
  const auto romana = choose("romana", "", "v1.34.2");
  ASSERT_FALSE(romana);
  EXPECT_EQ(romana.error().code, ExitCode::usage);
  EXPECT_EQ(romana.error().message,
            "romana v2.0.2 does not run on Kubernetes v1.34.2: its DaemonSets are of extensions/v1beta1, which is "
            "served only up to 1.15");
  EXPECT_EQ(romana.error().hint, "take antrea, calico, calico-operator, canal, flannel or kube-router");
  const auto calico = choose("calico", "3.22.5", "v1.25.0");
  ASSERT_FALSE(calico);
  EXPECT_EQ(calico.error().message,
            "calico v3.22.5 does not run on Kubernetes v1.25.0: its PodDisruptionBudget is of policy/v1beta1, which is "
            "served only up to 1.24");
  EXPECT_EQ(calico.error().hint, "calico v3.26.5 does; it is taken when no version is asked for");
  EXPECT_THAT(choose("calico", "v3.32.1", "v1.30.0").error().message, HasSubstr("isCIDR"));
  EXPECT_THAT(choose("contrail", "", "v1.24.0").error().message, HasSubstr("node-role.kubernetes.io/master"));
}

TEST_F(CniTest, WhatIsNotTestedOrNotMaintainedIsNoted) {
  EXPECT_THAT(choose("calico", "", "v1.34.2")->notes, IsEmpty());
  EXPECT_THAT(choose("calico", "", "v1.37.0")->notes,
              ElementsAre("calico v3.32.1 is tested by its project with Kubernetes 1.34 to 1.36, not with v1.37.0"));
  EXPECT_THAT(choose("weave", "", "v1.34.2")->notes, ElementsAre(HasSubstr("weave: ")));
}

TEST_F(CniTest, AVersionThatIsNotListedIsLikeTheOneBeforeIt) {
  const auto newer = choose("flannel", "v0.29.0", "v1.34.2");
  ASSERT_TRUE(newer) << newer.error().message;
  EXPECT_THAT(newer->release.manifests,
              ElementsAre("https://github.com/flannel-io/flannel/releases/download/v0.29.0/kube-flannel.yml"));
  EXPECT_THAT(newer->notes, ElementsAre("the catalog does not list flannel v0.29.0; it is taken to be like v0.28.9"));
  EXPECT_FALSE(choose("flannel", "v0.17.0", "v1.25.0")) << "like v0.15.1, which has a PodSecurityPolicy";
}

TEST_F(CniTest, ArchitecturesByRelease) {
  const Cni& calico = **catalog_.cni("calico");
  EXPECT_EQ(not_published_for(calico, calico.releases.front(), "arm"), "is published for it only up to v3.27.5");
  EXPECT_EQ(not_published_for(calico, calico.releases.front(), "s390x"), "");
  EXPECT_EQ(not_published_for(calico, calico.releases.back(), "s390x"), "is published for it only since v3.25.2");
  const Cni& cilium = **catalog_.cni("cilium");
  EXPECT_EQ(not_published_for(cilium, cilium.releases.front(), "ppc64le"), "is never published for it");
}

TEST_F(CniTest, AMissingArchitectureFailsOrIsSkipped) {
  const auto failed = needs("[linux/amd64, linux/arm]", "kubernetes: v1.26.0\ncni: {name: calico, version: v3.28.5}\n");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "calico v3.28.5 for linux/arm: is published for it only up to v3.27.5");
  EXPECT_EQ(failed.error().hint, "take linux/arm out of platforms, or say missing: skip");
  const auto skipped =
      needs("[linux/amd64, linux/arm]", "kubernetes: v1.26.0\ncni: {name: calico, version: v3.28.5}\nmissing: skip\n");
  ASSERT_TRUE(skipped) << skipped.error().message;
}

TEST_F(CniTest, AnOperatorsManifestsAndWhatItStarts) {
  const auto found = needs("[linux/amd64, linux/ppc64le]", "kubernetes: v1.34.2\ncni: calico-operator\n");
  ASSERT_TRUE(found) << found.error().message;
  std::vector<std::string> urls;
  for (const auto& download : found->downloads) {
    if (download.kind == ArtifactKind::manifest) {
      urls.push_back(download.url.substr(download.url.rfind('/') + 1));
    }
  }
  EXPECT_THAT(urls, ElementsAre("v1_crd_projectcalico_org.yaml", "tigera-operator.yaml", "custom-resources.yaml"));
  EXPECT_THAT(references(found->images), testing::Contains("quay.io/calico/typha:v3.32.1"));
  const auto whisker = std::ranges::find(found->images, "quay.io/calico/whisker:v3.32.1", &ImageNeed::reference);
  ASSERT_NE(whisker, found->images.end());
  EXPECT_THAT(whisker->platforms, ElementsAre("linux/amd64"));
  EXPECT_TRUE(std::ranges::all_of(found->missing, [](const auto& each) { return !each.required; }));
}

TEST_F(CniTest, WhatIsNotPublishedMustBeRendered) {
  const auto cilium = needs("[linux/amd64]", "kubernetes: v1.34.2\ncni: cilium\n");
  ASSERT_FALSE(cilium);
  EXPECT_EQ(cilium.error().code, ExitCode::usage);
  EXPECT_EQ(cilium.error().message, "cilium 1.20.0: its project publishes a Helm chart and no manifest");
  EXPECT_THAT(cilium.error().hint, HasSubstr("cilium-1.20.0.tgz --namespace kube-system --kube-version v1.34.2"));
  const auto own = needs("[linux/amd64]", "kubernetes: v1.34.2\ncni: {name: cilium, manifest: c.yaml}\n");
  EXPECT_TRUE(own) << own.error().message;
}

TEST_F(CniTest, ANetworkThatCannotBeWritten) {
  const auto six = needs("[linux/amd64]", "kubernetes: v1.34.2\ncni: {name: calico, podCIDR: \"fd00::/48\"}\n");
  ASSERT_FALSE(six);
  EXPECT_EQ(six.error().message,
            "cni.podCIDR fd00::/48: kubeferry cannot write an IPv6 network into the manifest of calico");
  EXPECT_TRUE(needs("[linux/amd64]", "kubernetes: v1.34.2\ncni: {name: antrea, podCIDR: \"fd00::/48\"}\n"));
  EXPECT_THAT(needs("[linux/amd64]", "cni: {name: romana, podCIDR: 10.1.0.0/16}\n").error().message,
              HasSubstr("cannot write a network into"));
}

TEST_F(CniTest, WhatDoesNotRunAtAllIsSaidFirst) {
  EXPECT_THAT(
      needs("[linux/amd64]", "kubernetes: v1.34.2\ncni: {name: romana, podCIDR: 10.1.0.0/16}\n").error().message,
      HasSubstr("served only up to 1.15"));
  EXPECT_THAT(needs("[linux/amd64]", "cni: {name: calico, manifest: c.yaml, podCIDR: \"fd00::/48\"}\n").error().message,
              HasSubstr("cannot write an IPv6 network"));
}

TEST_F(CniTest, AnOperatorOfOnesOwnStartsWhatNobodyKnows) {
  const auto found = needs("[linux/amd64]", "cni: {name: calico-operator, manifest: o.yaml}\n");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->notes, ElementsAre(HasSubstr("say which version")));
  const auto version = needs("[linux/amd64]", "cni: {name: calico-operator, manifest: o.yaml, version: v3.30.7}\n");
  EXPECT_THAT(references(version->images), testing::Contains("quay.io/calico/typha:v3.30.7"));
  EXPECT_THAT(version->downloads, IsEmpty());
}

TEST_F(CniTest, ImagesAsTheyAreNamed) {
  EXPECT_THAT(references(cni_images(*choose("kube-router", "", "v1.34.2"))),
              ElementsAre("docker.io/cloudnativelabs/kube-router:v2.11.1"));
  EXPECT_THAT(references(cni_images(*choose("weave", "", "v1.34.2"))),
              ElementsAre("docker.io/weaveworks/weave-kube:2.8.1", "docker.io/weaveworks/weave-npc:2.8.1"));
}

}  // namespace
}  // namespace kubeferry::catalog
