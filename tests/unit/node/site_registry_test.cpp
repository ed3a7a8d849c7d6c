// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/site_registry.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/bundle/reach.hpp>
#include <kubeferry/installer/mirror.hpp>
#include <kubeferry/source/node_source.hpp>

#include "bundle_maker.hpp"
#include "fake_registry.hpp"

namespace kubeferry::node {
namespace {

using installer::testing_support::BundleMaker;
using installer::testing_support::FakeRegistry;
using installer::testing_support::Folder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view k_pause = "registry.k8s.io/pause:3.10";

class Login final : public registry::CredentialSource {
public:
  explicit Login(registry::Credentials credentials) : credentials_(std::move(credentials)) {}
  Result<std::optional<registry::Credentials>> find(const std::string& registry) override {
    return registry == "harbor.corp" ? std::optional(credentials_) : std::nullopt;
  }

private:
  registry::Credentials credentials_;
};

class SiteRegistryTest : public ::testing::Test {
protected:
  SiteRegistryTest() {
    maker_.two_platforms(std::string(k_pause), 1);
    bundle_ = maker_.write(folder_, "bundle");
    site_.place = {.host = registry_.authority(), .prefix = "k8s", .plain_http = true};
  }

  /// As `kubeferry mirror` with these platforms.
  void mirror(const std::vector<std::string>& platforms, installer::Bundles bundles = installer::Bundles::too) {
    installer::MirrorOptions options{.target = {site_.place.host, "k8s"}, .bundles = bundles};
    options.endpoint.plain_http = true;
    options.http.proxy = net::Proxy::none;
    for (const auto& name : platforms) {
      options.platforms.push_back(*oci::Platform::parse(name));
    }
    const auto done = installer::mirror({bundle_}, options);
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_TRUE(done->verdict());
  }
  Status check(NeedsBundle needs_bundle = NeedsBundle::yes) const {
    return check_site(site_, bundle_, **platforms::find("linux/amd64"), needs_bundle);
  }
  /// What an image of that bundle is on amd64, under its name in the registry.
  runtime::WantedImage wanted() const {
    const auto source = source::local(bundle_);
    const std::vector<std::string> references = {there()};
    const auto names = site_names(bundle_->manifest(), site_.place);
    EXPECT_TRUE(names);
    const auto images = wanted_images(*source, **platforms::find("linux/amd64"), references, *names);
    EXPECT_TRUE(images);
    return images->front();
  }
  std::string there() const { return site_.place.name() + "/pause:3.10"; }

  Folder folder_;
  BundleMaker maker_;
  FakeRegistry registry_;
  std::shared_ptr<const bundle::Bundle> bundle_;
  SiteRegistry site_;
};

TEST_F(SiteRegistryTest, WhatWasMirroredIsComplete) {
  mirror({});
  EXPECT_TRUE(check());
}

TEST_F(SiteRegistryTest, AnEmptyRegistryLacksTheBundleOrElseTheImages) {
  auto status = check();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::network);
  EXPECT_THAT(status.error().message, HasSubstr("the bundle itself"));
  EXPECT_THAT(status.error().hint, HasSubstr("kubeferry mirror --with-bundle"));
  status = check(NeedsBundle::no);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("lacks"));
}

TEST_F(SiteRegistryTest, OneMissingBlobIsNamed) {
  mirror({});
  const auto parts = bundle_->manifest().images.front().manifests;
  const auto blobs = bundle::blobs_of(*bundle_, parts.front(), "pause");
  ASSERT_TRUE(blobs);
  registry_.drop_blob("k8s/pause", blobs->back().to_string());
  const auto status = check();
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("lacks 1 of"));
  EXPECT_THAT(status.error().message, HasSubstr(blobs->back().to_string()));
}

TEST_F(SiteRegistryTest, ATagMeansWhatIsSigned) {
  mirror({});
  const auto images = at_site(site_, *source::local(bundle_), {wanted()});
  ASSERT_TRUE(images) << images.error().message;
  EXPECT_EQ(images->front().digest, bundle_->manifest().images.front().descriptor.digest);
  EXPECT_EQ(images->front().reference, there());
}

TEST_F(SiteRegistryTest, AnIndexWithoutTheOtherPlatformsIsTaken) {
  registry_.refuses_sparse = true;
  mirror({"linux/amd64"});
  EXPECT_TRUE(check());
  const auto images = at_site(site_, *source::local(bundle_), {wanted()});
  ASSERT_TRUE(images) << images.error().message;
  EXPECT_NE(images->front().digest, bundle_->manifest().images.front().descriptor.digest);
  EXPECT_EQ(images->front().digest.to_string(), registry_.manifest("k8s/pause", "3.10"));
}

TEST_F(SiteRegistryTest, AnotherImageUnderTheTagIsNot) {
  BundleMaker other;
  other.two_platforms(std::string(k_pause), 7);
  const auto mine = bundle_;
  bundle_ = other.write(folder_, "other");
  mirror({});
  bundle_ = mine;
  const auto images = at_site(site_, *source::local(bundle_), {wanted()});
  ASSERT_FALSE(images);
  EXPECT_EQ(images.error().code, ExitCode::integrity);
  EXPECT_THAT(images.error().message, HasSubstr(there()));
}

TEST_F(SiteRegistryTest, AnImageMayHaveTwoNames) {
  maker_.two_platforms("registry.k8s.io/coredns/coredns:v1.11.1", 3);
  const auto names = site_names(maker_.manifest(), {.host = "harbor.corp", .prefix = "k8s"});
  ASSERT_TRUE(names);
  EXPECT_EQ(names->at("harbor.corp/k8s/pause:3.10"), k_pause);
  EXPECT_EQ(names->at("harbor.corp/k8s/coredns:v1.11.1"), "registry.k8s.io/coredns/coredns:v1.11.1");
  EXPECT_EQ(names->at("harbor.corp/k8s/coredns/coredns:v1.11.1"), "registry.k8s.io/coredns/coredns:v1.11.1");
}

TEST(SiteRegistry, ThePodNetworkTakesItsImagesFromThere) {
  const SiteNames names = {{"harbor.corp/k8s/flannel/flannel:v0.28.4", "docker.io/flannel/flannel:v0.28.4"}};
  PodNetwork network{.name = "flannel",
                     .manifest = "spec:\n  containers:\n  - image: flannel/flannel:v0.28.4\n  - image: else/where:1\n",
                     .images = {"flannel/flannel:v0.28.4", "else/where:1"}};
  const auto renamed = with_site_images(network, names);
  ASSERT_TRUE(renamed) << renamed.error().message;
  EXPECT_THAT(renamed->manifest, HasSubstr("image: harbor.corp/k8s/flannel/flannel:v0.28.4\n  - image: else/where:1"));
  EXPECT_THAT(renamed->images, ElementsAre("harbor.corp/k8s/flannel/flannel:v0.28.4", "else/where:1"));
}

TEST(SiteRegistry, APackOfASiteIsKnownByItsImageRepository) {
  source::JoinPack pack{.registries = {{.host = "harbor.corp", .prefix = "k8s"}}, .registry_ca = "PEM"};
  EXPECT_FALSE(site_of(pack, nullptr, {}));
  pack.image_repository = "harbor.corp/k8s";
  const auto site = site_of(pack, nullptr, {});
  ASSERT_TRUE(site);
  EXPECT_EQ(site->place.name(), "harbor.corp/k8s");
  EXPECT_EQ(site->ca_pem, "PEM");
}

TEST(SiteRegistry, CredentialsBecomeAHeader) {
  SiteRegistry site{.place = {.host = "harbor.corp"},
                    .credentials = std::make_shared<Login>(registry::Credentials{"robot", "secret", {}})};
  auto access = runtime_access(site);
  ASSERT_TRUE(access);
  EXPECT_EQ(access->authorization.view(), "Basic cm9ib3Q6c2VjcmV0");
  site.place.host = "open.corp";
  access = runtime_access(site);
  ASSERT_TRUE(access);
  EXPECT_TRUE(access->authorization.empty());
}

TEST(SiteRegistry, ATokenIsNoLoginForARuntime) {
  const SiteRegistry site{.place = {.host = "harbor.corp"},
                          .credentials = std::make_shared<Login>(registry::Credentials{"", "", "token"})};
  const auto access = runtime_access(site);
  ASSERT_FALSE(access);
  EXPECT_EQ(access.error().code, ExitCode::auth);
}

}  // namespace
}  // namespace kubeferry::node
