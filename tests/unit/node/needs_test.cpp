// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/needs.hpp>

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/catalog/catalog.hpp>
#include <kubeferry/preflight/facts.hpp>

#include "bundle_maker.hpp"

namespace kubeferry::node {
namespace {

using installer::testing_support::BundleMaker;
using installer::testing_support::Folder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

class NeedsTest : public ::testing::Test {
protected:
  NeedsTest() {
    // Two images of one layer each, and one that shares both of its layers with them.
    for (const auto& [reference, layers] : {std::pair<std::string, std::vector<unsigned>>{"registry.k8s.io/a:1", {1}},
                                            {"registry.k8s.io/b:1", {2}},
                                            {"registry.k8s.io/c:1", {1, 2}}}) {
      const auto image = maker_.image("amd64", layers, k_layer);
      maker_.name(reference, maker_.index({{"amd64", image}}), {{"linux/amd64", image}});
    }
    source_ = source::local(maker_.write(folder_, "bundle"));
  }
  std::vector<runtime::WantedImage> wanted(const std::vector<std::string>& references) {
    auto found = wanted_images(*source_, **platforms::find("linux/amd64"), references);
    EXPECT_TRUE(found) << found.error().message;
    return found ? std::move(*found) : std::vector<runtime::WantedImage>();
  }

  static constexpr std::size_t k_layer = 5000;
  Folder folder_;
  BundleMaker maker_;
  std::shared_ptr<const source::NodeSource> source_;
};

TEST_F(NeedsTest, WhatImagesShareIsStoredOnce) {
  const auto one = stored_bytes(*source_, wanted({"registry.k8s.io/a:1"}));
  const auto all =
      stored_bytes(*source_, wanted({"registry.k8s.io/a:1", "registry.k8s.io/b:1", "registry.k8s.io/c:1"}));
  ASSERT_TRUE(one && all);
  EXPECT_GT(*one, k_layer);
  EXPECT_LT(*one, 2 * k_layer);
  EXPECT_GT(*all, 2 * k_layer);
  EXPECT_LT(*all, 3 * k_layer);
}

TEST_F(NeedsTest, EachImageIsWantedOnce) {
  EXPECT_EQ(wanted({"registry.k8s.io/a:1", "registry.k8s.io/a:1"}).size(), 1U);
}

TEST_F(NeedsTest, AnImageByDigestIsTheOneOfThatNameAndDigest) {
  const auto named = wanted({"registry.k8s.io/a:1"});
  ASSERT_EQ(named.size(), 1U);
  const auto pinned = wanted({"registry.k8s.io/a@" + named.front().digest.to_string()});
  ASSERT_EQ(pinned.size(), 1U);
  EXPECT_EQ(pinned.front().platform_digest, named.front().platform_digest);
  EXPECT_FALSE(wanted_images(*source_, **platforms::find("linux/amd64"),
                             std::vector<std::string>{"registry.k8s.io/b@" + named.front().digest.to_string()}));
}

TEST_F(NeedsTest, WhatIsMissingIsCountedAndNamed) {
  const std::vector<std::string> references = {"registry.k8s.io/a:1", "registry.k8s.io/x:1", "registry.k8s.io/y:1"};
  const auto found = wanted_images(*source_, **platforms::find("linux/amd64"), references);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ExitCode::integrity);
  EXPECT_THAT(found.error().message,
              AllOf(HasSubstr("lacks 2 of"), HasSubstr("registry.k8s.io/x:1, registry.k8s.io/y:1")));
  EXPECT_FALSE(
      wanted_images(*source_, **platforms::find("linux/arm64"), std::vector<std::string>{"registry.k8s.io/a:1"}));
}

TEST_F(NeedsTest, AProgramOfAnotherMachineIsNamed) {
  const auto with = [&](std::uint8_t machine) {
    Bytes elf(64);
    std::ranges::copy(as_byte_view(std::string_view("\177ELF\2\1\1")), elf.begin());
    elf[18] = static_cast<std::byte>(machine);
    BundleMaker maker;
    const auto blob = maker.blob(elf, "");
    maker.manifest().files = {{blob.digest, "linux/amd64", "/usr/local/bin/kubelet", 0755, "kubelet", "test"}};
    return source::local(maker.write(folder_, fmt::format("machine-{}", machine)));
  };
  const auto& amd64 = **platforms::find("linux/amd64");
  EXPECT_TRUE(check_programs(*with(62), amd64));
  const auto arm64 = with(183);
  const Status status = check_programs(*arm64, amd64);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::integrity);
  EXPECT_THAT(status.error().message,
              AllOf(HasSubstr("/usr/local/bin/kubelet for linux/amd64"), HasSubstr("linux/arm64")));
  EXPECT_TRUE(check_programs(*arm64, **platforms::find("linux/s390x")));
}

TEST_F(NeedsTest, ARuntimeSaysWhatTheConfigurationDoes) {
  EXPECT_EQ(wanted({"registry.k8s.io/a:1"}).front().architecture, "amd64");
  BundleMaker maker;
  const auto image = maker.image("amd64", {1}, k_layer);
  maker.name("registry.k8s.io/lies:1", maker.index({{"arm64", image}}), {{"linux/arm64", image}});
  const auto source = source::local(maker.write(folder_, "lies"));
  const auto found =
      wanted_images(*source, **platforms::find("linux/arm64"), std::vector<std::string>{"registry.k8s.io/lies:1"});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->front().architecture, "amd64");
}

TEST(PodNetworkOf, KnowsWhatItAsksOfAHost) {
  constexpr std::string_view k_manifest = "apiVersion: v1\nkind: Namespace\nmetadata: {name: kube-flannel}\n";
  const auto host_of = [&](const std::string& network, std::string_view spec) {
    const Folder folder;
    BundleMaker maker;
    maker.document("spec", "cluster.yaml", spec);
    maker.document("cni-manifest", network + ".yaml", k_manifest);
    return host_needs(pod_network_of(*source::local(maker.write(folder, "bundle"))).value());
  };
  constexpr std::string_view k_head =
      "apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: v1\nplatforms: [linux/amd64]\nkubernetes: v1.34.2\n";
  auto host = host_of("flannel", fmt::format("{}cni: flannel\n", k_head));
  ASSERT_TRUE(host);
  EXPECT_EQ(host->name, "flannel");
  EXPECT_THAT(host->modules, ElementsAre("br_netfilter", "vxlan"));
  EXPECT_FALSE(host->own_manifest);

  host = host_of("flannel", fmt::format("{}cni: {{name: flannel, manifest: own.yaml}}\n", k_head));
  ASSERT_TRUE(host);
  EXPECT_TRUE(host->own_manifest);

  EXPECT_FALSE(host_of("custom", fmt::format("{}cni: {{manifest: own.yaml}}\n", k_head)));
  EXPECT_FALSE(host_needs(std::nullopt));
}

TEST(PodNetworkOf, KnowsWhatAnOperatorStarts) {
  const auto catalog = catalog::Catalog::builtin().value();
  const auto chosen = catalog::choose_cni(catalog, "calico-operator", "", nullptr).value();
  ASSERT_GT(chosen.release.run_time.size(), 1U);
  const std::string held = chosen.release.run_time.front().reference;
  const auto added = [&](std::string_view cni) {
    const Folder folder;
    BundleMaker maker;
    maker.two_platforms(held, 1);
    maker.document("spec", "cluster.yaml",
                   fmt::format("apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: v1\n"
                               "platforms: [linux/amd64]\ncni: {}\n",
                               cni));
    maker.document("cni-manifest", "calico-operator.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n");
    const auto source = source::local(maker.write(folder, "bundle"));
    const auto network = pod_network_of(*source).value();
    std::vector<runtime::WantedImage> images;
    // Twice, as when the user's own configuration names it, too: it is there once.
    for (int times = 0; times < 2; ++times) {
      EXPECT_TRUE(add_run_time_images(images, *source, **platforms::find("linux/amd64"), network));
    }
    EXPECT_TRUE(add_run_time_images(images, *source, **platforms::find("linux/s390x"), network));
    EXPECT_TRUE(add_run_time_images(images, *source, **platforms::find("linux/amd64"), std::nullopt));
    return images;
  };
  // The others of the release are not in this bundle, which is nobody's fault here.
  const auto images = added(fmt::format("{{name: calico-operator, version: {}}}", chosen.release.version));
  ASSERT_EQ(images.size(), 1U);
  EXPECT_EQ(images.front().reference, held);
  EXPECT_EQ(images.front().architecture, "amd64");
  EXPECT_TRUE(added("{name: calico-operator, manifest: own.yaml}").empty());
}

// Preflight looks for modules by a list of its own: it does not read the catalog.
TEST(NetworkModules, AreAllThatTheCatalogNames) {
  const auto catalog = catalog::Catalog::builtin().value();
  std::set<std::string_view> named;
  for (const auto& cni : catalog.cnis) {
    named.insert(cni.modules.begin(), cni.modules.end());
  }
  for (const auto known : preflight::k_modules) {
    named.erase(known);
  }
  EXPECT_THAT(named, ElementsAreArray(preflight::k_network_modules));
}

}  // namespace
}  // namespace kubeferry::node
