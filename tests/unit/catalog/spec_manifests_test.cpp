// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <kubeferry/catalog/needs.hpp>

#include "spec_text.hpp"

namespace kubeferry::catalog {
namespace {

using testing::HasSubstr;

std::string error(std::string_view more) {
  const auto spec = parse(spec_with(more));
  return spec ? "" : spec.error().message;
}

const std::string k_sha256(64, 'a');

TEST(SpecManifests, InShortAndInFull) {
  const auto spec =
      parse(spec_with("manifests:\n  - deploy/ingress.yaml\n  - {file: /x/pools.yml, apply: false}\n"
                      "  - {url: \"https://example.org/metallb-native.yaml\", sha256: " +
                      k_sha256 + "}\n  - {file: ingress.yaml, name: other}\n"));
  ASSERT_TRUE(spec) << spec.error().message;
  ASSERT_EQ(spec->manifests.size(), 4U);
  EXPECT_EQ(spec->manifests[0].name, "ingress");
  EXPECT_EQ(spec->manifests[0].source, "/specs/deploy/ingress.yaml");
  EXPECT_TRUE(spec->manifests[0].apply);
  EXPECT_EQ(spec->manifests[1].name, "pools");
  EXPECT_EQ(spec->manifests[1].source, "/x/pools.yml");
  EXPECT_FALSE(spec->manifests[1].apply);
  EXPECT_EQ(spec->manifests[2].name, "metallb-native");
  EXPECT_EQ(spec->manifests[2].sha256, k_sha256);
  EXPECT_EQ(spec->manifests[3].name, "other");
}

TEST(SpecManifests, AreEnoughToAskFor) {
  EXPECT_TRUE(parse(
      "apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: \"1.a\"\nplatforms: all\nmanifests: [a.yaml]\n"));
}

TEST(SpecManifests, WhatIsWrong) {
  EXPECT_THAT(error("manifests: [{name: a}]\n"), HasSubstr("7:13: manifests[0]: needs either url or file"));
  EXPECT_THAT(error("manifests: [{file: a, url: \"https://a/b\"}]\n"), HasSubstr("needs either url or file"));
  EXPECT_THAT(error("manifests: [{url: \"https://a/b.yaml\"}]\n"), HasSubstr("the key \"sha256\" is missing"));
  EXPECT_THAT(error("manifests: [\"https://a/b.yaml\"]\n"), HasSubstr("from a URL needs a sha256"));
  EXPECT_THAT(error("manifests: [a/x.yaml, b/x.yaml]\n"), HasSubstr("two manifests are called x"));
  EXPECT_THAT(error("manifests: [\"a b.yaml\"]\n"), HasSubstr("\"a b\" cannot be a name"));
  EXPECT_THAT(error("manifests: [{file: a.yaml, applied: false}]\n"), HasSubstr("unknown key \"applied\""));
  EXPECT_THAT(error("manifests: a.yaml\n"), HasSubstr("must be a list"));
  EXPECT_THAT(error("cni: flannel\nmanifests: [flannel.yaml]\n"),
              HasSubstr("flannel is what the pod network is called"));
}

TEST(SpecManifests, APodNetworkOfWhichOnlyItsManifestIsKnown) {
  const auto spec = parse(spec_with("cni: {manifest: net.yaml, podCIDR: 10.7.0.0/16}\n"));
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->cni->name, k_own_network);
  const auto needs = needs_of(*spec, Catalog::builtin().value());
  ASSERT_TRUE(needs) << needs.error().message;
  EXPECT_THAT(needs->notes.back(), HasSubstr("podCIDR goes to kubeadm, and the manifest must say the same"));
  EXPECT_THAT(error("cni: {manifest: net.yaml, version: v1.0.0}\n"), HasSubstr("has a version, and no name"));
  EXPECT_THAT(error("cni: {podCIDR: 10.7.0.0/16}\n"), HasSubstr("\"name\" is missing"));
}

}  // namespace
}  // namespace kubeferry::catalog
