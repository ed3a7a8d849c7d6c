// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <kubeferry/catalog/needs.hpp>

namespace kubeferry::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Row {
  std::uint32_t minor;
  std::uint32_t first;
  std::uint32_t last;
  std::string_view registry;
  std::string_view coredns;
  std::string_view etcd;
  std::string_view pause;
};

constexpr std::string_view k_old = "k8s.gcr.io";
constexpr std::string_view k_new = "registry.k8s.io";

// Written down a second time, from kubeadm's own output: the catalog must say the same for every patch.
constexpr Row k_rows[] = {
    {20, 0, 15, k_old, "coredns:1.7.0", "3.4.13-0", "3.2"},
    {21, 0, 14, k_old, "coredns/coredns:v1.8.0", "3.4.13-0", "3.4.1"},
    {22, 0, 16, k_old, "coredns/coredns:v1.8.4", "3.5.0-0", "3.5"},
    {22, 17, 17, k_new, "coredns/coredns:v1.8.4", "3.5.6-0", "3.5"},
    {23, 0, 13, k_old, "coredns/coredns:v1.8.6", "3.5.1-0", "3.6"},
    {23, 14, 14, k_old, "coredns/coredns:v1.8.6", "3.5.5-0", "3.6"},
    {23, 15, 17, k_new, "coredns/coredns:v1.8.6", "3.5.6-0", "3.6"},
    {24, 0, 7, k_old, "coredns/coredns:v1.8.6", "3.5.3-0", "3.7"},
    {24, 8, 8, k_old, "coredns/coredns:v1.8.6", "3.5.5-0", "3.7"},
    {24, 9, 17, k_new, "coredns/coredns:v1.8.6", "3.5.6-0", "3.7"},
    {25, 0, 3, k_new, "coredns/coredns:v1.9.3", "3.5.4-0", "3.8"},
    {25, 4, 4, k_new, "coredns/coredns:v1.9.3", "3.5.5-0", "3.8"},
    {25, 5, 14, k_new, "coredns/coredns:v1.9.3", "3.5.6-0", "3.8"},
    {25, 15, 16, k_new, "coredns/coredns:v1.9.3", "3.5.9-0", "3.8"},
    {26, 0, 9, k_new, "coredns/coredns:v1.9.3", "3.5.6-0", "3.9"},
    {26, 10, 12, k_new, "coredns/coredns:v1.9.3", "3.5.9-0", "3.9"},
    {26, 13, 15, k_new, "coredns/coredns:v1.9.3", "3.5.10-0", "3.9"},
    {27, 0, 6, k_new, "coredns/coredns:v1.10.1", "3.5.7-0", "3.9"},
    {27, 7, 9, k_new, "coredns/coredns:v1.10.1", "3.5.9-0", "3.9"},
    {27, 10, 11, k_new, "coredns/coredns:v1.10.1", "3.5.10-0", "3.9"},
    {27, 12, 16, k_new, "coredns/coredns:v1.10.1", "3.5.12-0", "3.9"},
    {28, 0, 5, k_new, "coredns/coredns:v1.10.1", "3.5.9-0", "3.9"},
    {28, 6, 7, k_new, "coredns/coredns:v1.10.1", "3.5.10-0", "3.9"},
    {28, 8, 13, k_new, "coredns/coredns:v1.10.1", "3.5.12-0", "3.9"},
    {28, 14, 15, k_new, "coredns/coredns:v1.10.1", "3.5.15-0", "3.9"},
    {29, 0, 2, k_new, "coredns/coredns:v1.11.1", "3.5.10-0", "3.9"},
    {29, 3, 8, k_new, "coredns/coredns:v1.11.1", "3.5.12-0", "3.9"},
    {29, 9, 10, k_new, "coredns/coredns:v1.11.1", "3.5.15-0", "3.9"},
    {29, 11, 15, k_new, "coredns/coredns:v1.11.1", "3.5.16-0", "3.9"},
    {30, 0, 4, k_new, "coredns/coredns:v1.11.1", "3.5.12-0", "3.9"},
    {30, 5, 14, k_new, "coredns/coredns:v1.11.3", "3.5.15-0", "3.9"},
    {31, 0, 0, k_new, "coredns/coredns:v1.11.1", "3.5.15-0", "3.10"},
    {31, 1, 13, k_new, "coredns/coredns:v1.11.3", "3.5.15-0", "3.10"},
    {31, 14, 14, k_new, "coredns/coredns:v1.11.3", "3.5.24-0", "3.10"},
    {32, 0, 9, k_new, "coredns/coredns:v1.11.3", "3.5.16-0", "3.10"},
    {32, 10, 13, k_new, "coredns/coredns:v1.11.3", "3.5.24-0", "3.10"},
    {33, 0, 5, k_new, "coredns/coredns:v1.12.0", "3.5.21-0", "3.10"},
    {33, 6, 13, k_new, "coredns/coredns:v1.12.0", "3.5.24-0", "3.10"},
    {34, 0, 1, k_new, "coredns/coredns:v1.12.1", "3.6.4-0", "3.10.1"},
    {34, 2, 13, k_new, "coredns/coredns:v1.12.1", "3.6.5-0", "3.10.1"},
    {35, 0, 10, k_new, "coredns/coredns:v1.13.1", "3.6.6-0", "3.10.1"},
    {36, 0, 6, k_new, "coredns/coredns:v1.14.2", "3.6.8-0", "3.10.2"},
    {37, 0, 2, k_new, "coredns/coredns:v1.14.6", "3.7.0-0", "3.10.2"},
};

class KubernetesImagesTest : public testing::Test {
protected:
  [[nodiscard]] static std::vector<std::string> references(const KubernetesImages& images) {
    std::vector<std::string> list;
    for (const ImageNeed& image : images.images) {
      list.push_back(image.reference);
    }
    return list;
  }
  [[nodiscard]] Result<KubernetesImages> images(std::string_view version, std::string_view repository = "") const {
    return kubernetes_images(catalog_, KubernetesVersion::parse(version).value(), repository);
  }

  Catalog catalog_ = Catalog::builtin().value();
};

TEST_F(KubernetesImagesTest, EveryPatchInKubeadmsOrder) {
  for (const Row& row : k_rows) {
    for (std::uint32_t patch = row.first; patch <= row.last; ++patch) {
      const std::string version = fmt::format("v1.{}.{}", row.minor, patch);
      const auto found = images(version);
      ASSERT_TRUE(found) << version;
      EXPECT_EQ(found->note, "") << version;
      const auto name = [&](std::string_view image) { return fmt::format("{}/{}:{}", row.registry, image, version); };
      const std::string coredns = fmt::format("{}/{}", row.registry, row.coredns);
      const std::string pause = fmt::format("{}/pause:{}", row.registry, row.pause);
      const std::string etcd = fmt::format("{}/etcd:{}", row.registry, row.etcd);
      std::vector<std::string> expected = {name("kube-apiserver"), name("kube-controller-manager"),
                                           name("kube-scheduler"), name("kube-proxy")};
      const std::vector<std::string> rest = row.minor < 29 ? std::vector<std::string>{pause, etcd, coredns}
                                                           : std::vector<std::string>{coredns, pause, etcd};
      expected.insert(expected.end(), rest.begin(), rest.end());
      EXPECT_EQ(references(*found), expected) << version;
    }
  }
}

TEST_F(KubernetesImagesTest, CustomRepositoriesHaveNoSecondCoredns) {
  const auto custom = images("v1.34.2", "harbor.corp/k8s");
  ASSERT_TRUE(custom);
  EXPECT_THAT(
      references(*custom),
      ElementsAre("harbor.corp/k8s/kube-apiserver:v1.34.2", "harbor.corp/k8s/kube-controller-manager:v1.34.2",
                  "harbor.corp/k8s/kube-scheduler:v1.34.2", "harbor.corp/k8s/kube-proxy:v1.34.2",
                  "harbor.corp/k8s/coredns:v1.12.1", "harbor.corp/k8s/pause:3.10.1", "harbor.corp/k8s/etcd:3.6.5-0"));
  EXPECT_THAT(references(*images("v1.34.2", "registry.k8s.io")),
              testing::Contains("registry.k8s.io/coredns/coredns:v1.12.1"));
  // The former default is a custom repository to a kubeadm that has the new one.
  EXPECT_THAT(references(*images("v1.34.2", "k8s.gcr.io")), testing::Contains("k8s.gcr.io/coredns:v1.12.1"));
  EXPECT_THAT(references(*images("v1.20.15", "r")), testing::Contains("r/coredns:1.7.0"));
}

TEST_F(KubernetesImagesTest, APatchFromTheFutureGetsTheNewestRowAndANote) {
  const auto found = images("v1.34.99");
  ASSERT_TRUE(found);
  EXPECT_THAT(references(*found), testing::Contains("registry.k8s.io/etcd:3.6.5-0"));
  EXPECT_THAT(references(*found), testing::Contains("registry.k8s.io/kube-proxy:v1.34.99"));
  EXPECT_EQ(found->note, "v1.34.99 is newer than the catalog; its images are taken to be those of v1.34.13");
}

TEST_F(KubernetesImagesTest, UnknownMinorsNameTheRangeAndTheNearest) {
  const auto old = images("v1.19.16");
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, ExitCode::usage);
  EXPECT_EQ(old.error().message, "Kubernetes v1.19.16 is not in the catalog, which covers 1.20 to 1.37");
  EXPECT_THAT(old.error().hint, HasSubstr("v1.20.15"));
  EXPECT_THAT(images("v1.38.0").error().hint, HasSubstr("v1.37.2"));
}

TEST_F(KubernetesImagesTest, ArmEndsWith126) {
  const auto platforms = [&](std::string_view version, std::size_t index) {
    return images(version)->images.at(index).platforms;
  };
  EXPECT_THAT(platforms("v1.26.15", 0), testing::Contains("linux/arm"));
  EXPECT_THAT(platforms("v1.26.15", 6), testing::Contains("linux/arm"));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_THAT(platforms("v1.27.0", i), ElementsAre("linux/amd64", "linux/arm64", "linux/ppc64le", "linux/s390x"));
  }
  EXPECT_THAT(platforms("v1.27.0", 4), testing::Contains("linux/arm"));
  EXPECT_THAT(platforms("v1.34.2", 6), testing::Not(testing::Contains("linux/arm"))) << "etcd 3.6";
}

TEST_F(KubernetesImagesTest, OnlyForOnePlatform) {
  EXPECT_EQ(only_for(images("v1.26.0")->images, "linux/arm")->size(), 7U);
  const auto none = only_for(images("v1.34.2")->images, "linux/arm");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ExitCode::usage);
  EXPECT_EQ(none.error().message, "registry.k8s.io/kube-apiserver:v1.34.2 is not published for linux/arm");
}

}  // namespace
}  // namespace kubeferry::catalog
