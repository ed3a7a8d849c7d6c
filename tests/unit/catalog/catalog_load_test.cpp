// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <stdlib.h>

#include <fstream>

#include <kubeferry/catalog/catalog.hpp>
#include <kubeferry/catalog/needs.hpp>

namespace kubeferry::catalog {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;

/// A copy of manifests/ in which a test spoils one thing.
class CatalogLoad : public testing::Test {
protected:
  CatalogLoad() {
    std::string name = (fs::temp_directory_path() / "kubeferry-catalog-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    fs::copy(fs::path(KF_SOURCE_DIR) / "manifests", folder_, fs::copy_options::recursive);
  }
  ~CatalogLoad() override { fs::remove_all(folder_); }

  void replace(const std::string& file, std::string_view before, std::string_view after) {
    std::ifstream in(folder_ / file);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto at = text.find(before);
    ASSERT_NE(at, std::string::npos) << before;
    text.replace(at, before.size(), after);
    std::ofstream(folder_ / file) << text;
  }
  [[nodiscard]] std::string error() const {
    const auto catalog = Catalog::load(folder_);
    return catalog ? "" : catalog.error().message;
  }

  fs::path folder_;
};

TEST_F(CatalogLoad, TheFolderIsWhatWasBuiltIn) {
  const auto loaded = Catalog::load(folder_);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const auto builtin = Catalog::builtin();
  ASSERT_TRUE(builtin) << builtin.error().message;
  EXPECT_EQ(loaded->minors.size(), builtin->minors.size());
  EXPECT_EQ(loaded->artifacts.size(), builtin->artifacts.size());
  EXPECT_EQ(loaded->cnis.size(), builtin->cnis.size());
  EXPECT_EQ(builtin->minors.front().minor, 20U);
  EXPECT_EQ(builtin->minors.back().minor, 37U);
}

TEST_F(CatalogLoad, KubeadmConfigurationVersions) {
  const auto catalog = Catalog::builtin();
  for (const MinorRelease& release : catalog->minors) {
    const std::string newest = release.minor < 22 ? "v1beta2" : release.minor < 31 ? "v1beta3" : "v1beta4";
    EXPECT_EQ(release.kubeadm_api.front(), newest) << release.minor;
    EXPECT_EQ(testing::Value(release.kubeadm_api, testing::Contains("v1beta2")), release.minor <= 26) << release.minor;
    EXPECT_EQ(testing::Value(release.kubeadm_api, testing::Contains("v1beta3")),
              release.minor >= 22 && release.minor <= 36)
        << release.minor;
  }
}

// Of a minor that gets no more of them: a real new patch must not need a change here.
TEST_F(CatalogLoad, ANewPatchIsOneNumber) {
  replace("kubernetes.yaml", "patches: 0-15", "patches: 0-16");
  const auto catalog = Catalog::load(folder_);
  ASSERT_TRUE(catalog);
  const auto version = KubernetesVersion::parse("v1.20.16");
  EXPECT_EQ(patch_row(**catalog->minor(*version), *version).note, "");
}

TEST_F(CatalogLoad, HolesAndOverlapsAreErrors) {
  replace("kubernetes.yaml", "patches: 8-8", "patches: 9-9");
  EXPECT_THAT(error(), HasSubstr("must start at 8"));
}

TEST_F(CatalogLoad, MinorsFollowEachOther) {
  replace("kubernetes.yaml", "minor: 30", "minor: 29");
  EXPECT_THAT(error(), EndsWith("minor 29 must follow 29"));
}

TEST_F(CatalogLoad, ErrorsHaveFileLineAndColumn) {
  replace("kubernetes.yaml", "kubeadmApi: [v1beta2]", "kubeadmAPI: [v1beta2]");
  EXPECT_THAT(error(), testing::ContainsRegex("kubernetes\\.yaml:[0-9]+:5: .*unknown key \"kubeadmAPI\""));
}

TEST_F(CatalogLoad, BadValues) {
  replace("artifacts.yaml", "/opt/cni/bin/", "/etc/cron.d/");
  EXPECT_THAT(error(), HasSubstr("artifacts.yaml:"));
}

TEST_F(CatalogLoad, BadBounds) {
  replace("artifacts.yaml", "\">= 1.7.0\"", "\"~ 1.7.0\"");
  EXPECT_THAT(error(), HasSubstr("must be any, or a bound"));
}

TEST_F(CatalogLoad, BadImageTags) {
  replace("kubernetes.yaml", "etcd: 3.6.6-0", "etcd: \"3.6.6 0\"");
  EXPECT_THAT(error(), HasSubstr("the tag is not well-formed"));
}

TEST_F(CatalogLoad, PairsWithoutAnArtifact) {
  replace("kubernetes.yaml", "crictl: v1.23.0", "cryctl: v1.23.0");
  EXPECT_THAT(error(), HasSubstr("1.20 pairs with cryctl"));
}

TEST_F(CatalogLoad, AReleaseCandidateIsKnownAndItsReleaseIsNot) {
  replace("kubernetes.yaml", "patches: 0-2, registry: registry.k8s.io, coredns: v1.14.6, etcd: 3.7.0-0, pause: 3.10.2",
          "patches: 0-0, registry: registry.k8s.io, coredns: v1.14.6, etcd: 3.7.0-0, pause: 3.10.2, prerelease: rc.0");
  const auto catalog = Catalog::load(folder_).value();
  const auto images = [&](std::string_view version) {
    return kubernetes_images(catalog, KubernetesVersion::parse(version).value(), "").value();
  };
  EXPECT_EQ(images("v1.37.0-rc.0").note, "");
  EXPECT_THAT(images("v1.37.0").note, HasSubstr("knows v1.37.0-rc.0 and not v1.37.0"));
}

TEST_F(CatalogLoad, MissingFolderIsAnIoError) {
  const auto catalog = Catalog::load(folder_ / "none");
  ASSERT_FALSE(catalog);
  EXPECT_EQ(catalog.error().code, ExitCode::io);
}

TEST(Published, Bounds) {
  const Availability availability = {
      {"amd64", "any"}, {"arm", "<= v1.28.0"}, {"s390x", ">= 1.7.0"}, {"riscv64", "< 3.6"}};
  EXPECT_TRUE(published(availability, "amd64", "v9").yes);
  EXPECT_TRUE(published(availability, "arm", "v1.28.0").yes);
  EXPECT_FALSE(published(availability, "arm", "v1.28.1").yes);
  EXPECT_EQ(published(availability, "arm", "v1.29.0").reason, "is published for it only up to v1.28.0");
  EXPECT_TRUE(published(availability, "s390x", "1.7.0").yes);
  EXPECT_EQ(published(availability, "s390x", "1.6.36").reason, "is published for it only since 1.7.0");
  EXPECT_TRUE(published(availability, "riscv64", "3.5.24-0").yes);
  EXPECT_FALSE(published(availability, "riscv64", "3.6.0-0").yes);
  EXPECT_EQ(published(availability, "ppc64le", "1").reason, "is never published for it");
}

}  // namespace
}  // namespace kubeferry::catalog
