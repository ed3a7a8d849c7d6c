// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <kubeferry/catalog/cni_manifest.hpp>

namespace kubeferry::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const PodCidrLocation k_net_conf = {.kind = PodCidrLocation::Kind::flannel_net_conf, .object = {}, .key = {}};

// In the shape of flannel's, with what others' manifests do besides.
constexpr std::string_view k_manifest = R"(---
kind: ConfigMap
apiVersion: v1
metadata:
  name: kube-flannel-cfg
data:
  cni-conf.json: |
    {"name": "cbr0", "image": "not/an/image"}
  net-conf.json: |
    {
      "Network": "10.244.0.0/16",
      "EnableNFTables": false,
      "Backend": {
        "Type": "vxlan"
      }
    }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-flannel-ds}   # a comment that stays
spec:
  template:
    spec:
      image: not/a/container
      containers:
      - name: kube-flannel
        image: ghcr.io/flannel-io/flannel:v0.28.9
        imagePullPolicy: Always
        args: ["--ip-masq"]
      - {name: other, image: "ghcr.io/flannel-io/flannel:v0.28.9", imagePullPolicy: IfNotPresent}
      initContainers:
      - image: 'cloudnativelabs/kube-router'
        name: install-cni
)";

TEST(ManifestImages, OfContainersOnlyAndOnce) {
  const auto images = manifest_images(k_manifest, "flannel.yml");
  ASSERT_TRUE(images) << images.error().message;
  EXPECT_THAT(*images, ElementsAre("ghcr.io/flannel-io/flannel:v0.28.9", "cloudnativelabs/kube-router"));
}

TEST(ManifestImages, ListsOfObjects) {
  const auto images = manifest_images(
      "kind: List\nitems:\n- {spec: {template: {spec: {containers: [{image: a}], initContainers: [{image: b}]}}}}\n",
      "f");
  ASSERT_TRUE(images);
  EXPECT_THAT(*images, ElementsAre("a", "b"));
}

TEST(ManifestImages, NothingThere) {
  EXPECT_TRUE(manifest_images("", "f")->empty());
  EXPECT_TRUE(manifest_images("# nothing\n", "f")->empty());
}

TEST(ManifestImages, Errors) {
  const auto message = [](std::string_view text) {
    const auto images = manifest_images(text, "f.yml");
    return images ? std::string() : images.error().message;
  };
  EXPECT_THAT(message("containers:\n- image: [a]\n"), testing::StartsWith("f.yml:2:10: image must be text"));
  EXPECT_THAT(message("a: [\n"), testing::StartsWith("f.yml:"));
  EXPECT_THAT(message("a: &x b\n"), HasSubstr("anchors"));
  EXPECT_THAT(message("a: b\na: c\n"), HasSubstr("duplicate key"));
  EXPECT_THAT(message("<html><body>not: [yaml</body>"), HasSubstr("f.yml"));
  EXPECT_EQ(manifest_images("a: [", "f").error().code, ExitCode::format);
  EXPECT_EQ(manifest_images(std::string(200, '['), "f").error().code, ExitCode::limit);
}

TEST(RewriteManifest, ChangesThisAndNothingElse) {
  const auto rewritten = rewrite_manifest(
      k_manifest,
      {.images = {{"ghcr.io/flannel-io/flannel:v0.28.9", "ghcr.io/flannel-io/flannel:v0.28.9@sha256:abc"},
                  {"cloudnativelabs/kube-router", "docker.io/cloudnativelabs/kube-router:v2.11.1"}},
       .pod_cidr = {"10.1.0.0/16"},
       .pod_cidr_location = k_net_conf},
      "flannel.yml");
  ASSERT_TRUE(rewritten) << rewritten.error().message;
  std::string expected(k_manifest);
  const auto change = [&](std::string_view before, std::string_view after) {
    const auto at = expected.find(before);
    ASSERT_NE(at, std::string::npos) << before;
    expected.replace(at, before.size(), after);
  };
  change("\"Network\": \"10.244.0.0/16\"", "\"Network\": \"10.1.0.0/16\"");
  change("image: ghcr.io/flannel-io/flannel:v0.28.9\n", "image: ghcr.io/flannel-io/flannel:v0.28.9@sha256:abc\n");
  change("imagePullPolicy: Always", "imagePullPolicy: IfNotPresent");
  change("image: \"ghcr.io/flannel-io/flannel:v0.28.9\"", "image: \"ghcr.io/flannel-io/flannel:v0.28.9@sha256:abc\"");
  change("'cloudnativelabs/kube-router'", "'docker.io/cloudnativelabs/kube-router:v2.11.1'");
  EXPECT_EQ(rewritten->text, expected);
  std::vector<std::string> changes;
  for (const ManifestChange& each : rewritten->changes) {
    changes.push_back(fmt::format("{} {}", each.line, each.field));
  }
  EXPECT_THAT(changes, ElementsAre("11 net-conf.json", "27 image", "28 imagePullPolicy", "30 image", "32 image"));
  EXPECT_EQ(rewritten->changes[2].before, "Always");
  EXPECT_EQ(rewritten->changes[2].after, "IfNotPresent");
}

TEST(RewriteManifest, NothingToDoLeavesEveryByte) {
  const auto rewritten = rewrite_manifest("a: b # c\r\n\r\n", {}, "f");
  ASSERT_TRUE(rewritten);
  EXPECT_EQ(rewritten->text, "a: b # c\r\n\r\n");
  EXPECT_TRUE(rewritten->changes.empty());
}

TEST(RewriteManifest, SameNetworkIsNoChange) {
  const auto rewritten =
      rewrite_manifest(k_manifest, {.pod_cidr = {"10.244.0.0/16"}, .pod_cidr_location = k_net_conf}, "f");
  ASSERT_TRUE(rewritten);
  EXPECT_THAT(rewritten->text, HasSubstr("\"Network\": \"10.244.0.0/16\",\n"));
  ASSERT_EQ(rewritten->changes.size(), 1U) << "only imagePullPolicy";
}

TEST(RewriteManifest, DualStackAndIpv6Only) {
  const auto network = [](std::vector<std::string> cidrs) {
    const auto rewritten =
        rewrite_manifest(k_manifest, {.pod_cidr = std::move(cidrs), .pod_cidr_location = k_net_conf}, "f");
    return rewritten ? rewritten->text : rewritten.error().message;
  };
  EXPECT_THAT(network({"fd00::/48", "10.1.0.0/16"}),
              HasSubstr("      \"EnableIPv4\": true, \"EnableIPv6\": true, \"IPv6Network\": \"fd00::/48\", "
                        "\"Network\": \"10.1.0.0/16\",\n"));
  EXPECT_THAT(network({"fd00::/48"}),
              HasSubstr("\"EnableIPv4\": false, \"EnableIPv6\": true, \"IPv6Network\": \"fd00::/48\", "
                        "\"Network\": \"10.244.0.0/16\",\n"));
}

TEST(ManifestPodCidrs, WhatWasWrittenIsRead) {
  const std::string_view text = "data:\n  net-conf.json: |\n    {\"Network\": \"10.244.0.0/16\"}\n";
  EXPECT_THAT(manifest_pod_cidrs(text, k_net_conf, "f").value(), ElementsAre("10.244.0.0/16"));
  const auto dual =
      rewrite_manifest(text, {.pod_cidr = {"10.1.0.0/16", "fd00::/48"}, .pod_cidr_location = k_net_conf}, "f");
  EXPECT_THAT(manifest_pod_cidrs(dual->text, k_net_conf, "f").value(), ElementsAre("10.1.0.0/16", "fd00::/48"));
  const auto six = rewrite_manifest(text, {.pod_cidr = {"fd00::/48"}, .pod_cidr_location = k_net_conf}, "f");
  EXPECT_THAT(manifest_pod_cidrs(six->text, k_net_conf, "f").value(), ElementsAre("fd00::/48"));
}

TEST(ManifestPodCidrs, NoneWhereNoneIs) {
  EXPECT_TRUE(manifest_pod_cidrs("a: b\n", k_net_conf, "f").value().empty());
  EXPECT_TRUE(manifest_pod_cidrs("a: [\n", {}, "f").value().empty());
  EXPECT_FALSE(manifest_pod_cidrs("a: [\n", k_net_conf, "f"));
}

TEST(RewriteManifest, APodNetworkThatIsNotThereIsAnError) {
  for (const std::string_view text :
       {"a: b\n", "data:\n  net-conf.json: |\n    {}\n", "data:\n  net-conf.json: |\n    {\"Network\": 1}\n",
        "data:\n  net-conf.json: \"{\\\"Network\\\": \\\"10.0.0.0/8\\\"}\"\n", "data:\n  net-conf.json: not json\n"}) {
    const auto rewritten = rewrite_manifest(text, {.pod_cidr = {"10.1.0.0/16"}, .pod_cidr_location = k_net_conf}, "f");
    ASSERT_FALSE(rewritten) << text;
    EXPECT_EQ(rewritten.error().code, ExitCode::format);
  }
}

TEST(RewriteManifest, AnImageThatCannotBeFoundInPlaceIsAnError) {
  const auto rewritten = rewrite_manifest("containers:\n- image: \"a\\x62\"\n", {.images = {{"ab", "c"}}}, "f.yml");
  ASSERT_FALSE(rewritten);
  EXPECT_EQ(rewritten.error().message, "f.yml:2:10: is written in a way that cannot be changed in place");
}

TEST(RewriteManifest, PlacesAreRightBehindMultibyteTextAndCrlf) {
  const auto rewritten = rewrite_manifest("x: \"\xc3\xa4\xe2\x82\xac\"\r\n# \xc3\xb6\r\ncontainers:\r\n- image: a\r\n",
                                          {.images = {{"a", "b"}}}, "f");
  ASSERT_TRUE(rewritten) << rewritten.error().message;
  EXPECT_EQ(rewritten->text, "x: \"\xc3\xa4\xe2\x82\xac\"\r\n# \xc3\xb6\r\ncontainers:\r\n- image: b\r\n");
}

}  // namespace
}  // namespace kubeferry::catalog
