// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <kubeferry/catalog/cni_manifest.hpp>

namespace kubeferry::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = PodCidrLocation::Kind;

const PodCidrLocation k_calico = {Kind::environment, "calico-node", "CALICO_IPV4POOL_CIDR"};
const PodCidrLocation k_weave = {Kind::environment, "weave", "IPALLOC_RANGE"};
const PodCidrLocation k_cilium = {Kind::config_map, "cilium-config", "cluster-pool-ipv4-cidr"};
const PodCidrLocation k_operator = {Kind::resource, "Installation", "spec.calicoNetwork.ipPools[].cidr"};

Result<RewrittenManifest> rewrite(std::string_view text, const PodCidrLocation& location,
                                  std::vector<std::string> cidrs) {
  return rewrite_manifest(text, {.images = {}, .pod_cidr = std::move(cidrs), .pod_cidr_location = location}, "m.yaml");
}

std::string text_after(std::string_view text, const PodCidrLocation& location, std::vector<std::string> cidrs) {
  const auto rewritten = rewrite(text, location, std::move(cidrs));
  return rewritten ? rewritten->text : rewritten.error().message;
}

// In the shape of Calico's: the variable is there as a comment, and other containers have environments, too.
constexpr std::string_view k_calico_manifest = R"(apiVersion: apps/v1
kind: DaemonSet
spec:
  template:
    spec:
      initContainers:
        - name: install-cni
          env:
            # - name: CALICO_IPV4POOL_CIDR
            - name: CNI_CONF_NAME
              value: "10-calico.conflist"
      containers:
        - name: calico-node
          env:
            - name: DATASTORE_TYPE
              value: "kubernetes"
            # The network of Pods.
            # - name: CALICO_IPV4POOL_CIDR
            #   value: "192.168.0.0/16"
            # Logs.
            - name: CALICO_DISABLE_FILE_LOGGING
              value: "true"
)";

TEST(PodCidrInEnvironment, ACommentedVariableBecomesOneInItsPlace) {
  std::string expected(k_calico_manifest);
  const std::string_view before =
      "            # - name: CALICO_IPV4POOL_CIDR\n            #   value: \"192.168.0.0/16\"\n";
  expected.replace(expected.find(before), before.size(),
                   "            - name: CALICO_IPV4POOL_CIDR\n              value: \"10.1.0.0/16\"\n");
  const auto rewritten = rewrite(k_calico_manifest, k_calico, {"10.1.0.0/16"});
  ASSERT_TRUE(rewritten) << rewritten.error().message;
  EXPECT_EQ(rewritten->text, expected);
  ASSERT_EQ(rewritten->changes.size(), 1U);
  EXPECT_EQ(rewritten->changes[0].line, 18U);
  EXPECT_EQ(rewritten->changes[0].field, "CALICO_IPV4POOL_CIDR");
  EXPECT_EQ(rewritten->changes[0].after, "10.1.0.0/16");
}

TEST(PodCidrInEnvironment, WhatWasWrittenIsReadAndReplaced) {
  EXPECT_THAT(manifest_pod_cidrs(k_calico_manifest, k_calico, "m").value(), IsEmpty());
  const std::string once = text_after(k_calico_manifest, k_calico, {"10.1.0.0/16"});
  EXPECT_THAT(manifest_pod_cidrs(once, k_calico, "m").value(), ElementsAre("10.1.0.0/16"));
  const std::string twice = text_after(once, k_calico, {"10.2.0.0/16"});
  EXPECT_THAT(manifest_pod_cidrs(twice, k_calico, "m").value(), ElementsAre("10.2.0.0/16"));
  EXPECT_EQ(twice.size(), once.size());
}

TEST(PodCidrInEnvironment, AnAbsentVariableIsPutInFrontOfTheOthers) {
  EXPECT_EQ(text_after("containers:\r\n  - name: weave\r\n    env:\r\n      - name: HOSTNAME\r\n        value: a\r\n",
                       k_weave, {"10.1.0.0/16"}),
            "containers:\r\n  - name: weave\r\n    env:\r\n      - name: IPALLOC_RANGE\r\n        value: "
            "\"10.1.0.0/16\"\r\n      - name: HOSTNAME\r\n        value: a\r\n");
  EXPECT_EQ(text_after("containers: [{name: weave, env: [{name: A, value: b}]}]\n", k_weave, {"10.1.0.0/16"}),
            "containers: [{name: weave, env: [{name: IPALLOC_RANGE, value: \"10.1.0.0/16\"}, {name: A, value: b}]}]\n");
}

TEST(PodCidrInEnvironment, NoRoom) {
  EXPECT_EQ(text_after("containers: [{name: weave}]\n", k_weave, {"10.1.0.0/16"}),
            "m.yaml: no container weave with an environment to set IPALLOC_RANGE in");
  EXPECT_EQ(text_after("containers: [{name: weave, env: []}]\n", k_weave, {"10.1.0.0/16"}),
            "m.yaml:1:33: has no variable beside which IPALLOC_RANGE could be set");
  EXPECT_THAT(text_after("containers: [{name: weave, env: [{name: IPALLOC_RANGE, valueFrom: {a: b}}]}]\n", k_weave,
                         {"10.1.0.0/16"}),
              HasSubstr("IPALLOC_RANGE has no value of its own"));
  EXPECT_EQ(text_after(k_calico_manifest, k_calico, {"10.1.0.0/16", "fd00::/48"}),
            "m.yaml: CALICO_IPV4POOL_CIDR takes one IPv4 network, not 10.1.0.0/16,fd00::/48");
}

TEST(PodCidrInConfigMap, OnlyOfThatName) {
  constexpr std::string_view text =
      "kind: ConfigMap\nmetadata: {name: other}\ndata:\n  cluster-pool-ipv4-cidr: 10.0.0.0/8\n---\nkind: "
      "ConfigMap\nmetadata:\n  name: cilium-config\ndata:\n  cluster-pool-ipv4-cidr: \"10.0.0.0/8\" # all of it\n";
  std::string expected(text);
  expected.replace(expected.rfind("10.0.0.0/8"), 10, "10.1.0.0/16");
  EXPECT_EQ(text_after(text, k_cilium, {"10.1.0.0/16"}), expected);
  EXPECT_THAT(manifest_pod_cidrs(text, k_cilium, "m").value(), ElementsAre("10.0.0.0/8"));
  EXPECT_EQ(
      text_after("kind: ConfigMap\nmetadata: {name: cilium-config}\ndata: {a: b}\n", k_cilium, {"10.1.0.0/16"}),
      "m.yaml: 0 IPv4 networks in cluster-pool-ipv4-cidr of cilium-config to change into 10.1.0.0/16, must be one");
}

TEST(PodCidrInResource, OneOfEachFamily) {
  constexpr std::string_view text =
      "kind: List\nitems:\n- kind: Installation\n  spec:\n    calicoNetwork:\n      ipPools:\n      - cidr: "
      "192.168.0.0/16\n        name: default\n      - cidr: fd00::/108\n- kind: APIServer\n  spec: {}\n";
  std::string expected(text);
  expected.replace(expected.find("192.168.0.0/16"), 14, "10.1.0.0/16");
  EXPECT_EQ(text_after(text, k_operator, {"10.1.0.0/16"}), expected);
  expected.replace(expected.find("fd00::/108"), 10, "fd01::/108");
  EXPECT_EQ(text_after(text, k_operator, {"fd01::/108", "10.1.0.0/16"}), expected);
  EXPECT_THAT(manifest_pod_cidrs(text, k_operator, "m").value(), ElementsAre("192.168.0.0/16", "fd00::/108"));
  EXPECT_THAT(text_after("kind: Installation\nspec: {calicoNetwork: {ipPools: [{cidr: 10.0.0.0/8}]}}\n", k_operator,
                         {"fd01::/108"}),
              HasSubstr("0 IPv6 networks in"));
  EXPECT_THAT(
      text_after("kind: Installation\nspec: {calicoNetwork: {ipPools: {cidr: a}}}\n", k_operator, {"10.1.0.0/16"}),
      HasSubstr("0 IPv4 networks in"));
}

TEST(PodCidrOutside, NothingIsChanged) {
  for (const Kind kind : {Kind::node, Kind::unknown}) {
    EXPECT_EQ(text_after("a: b\n", {kind, "", ""}, {"10.1.0.0/16"}), "a: b\n");
    EXPECT_THAT(manifest_pod_cidrs("a: b\n", {kind, "", ""}, "m").value(), IsEmpty());
  }
}

}  // namespace
}  // namespace kubeferry::catalog
