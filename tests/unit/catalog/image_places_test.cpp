// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <kubeferry/catalog/cni_manifest.hpp>

namespace kubeferry::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// "FIELD REFERENCE", with a question mark in front of what only looks like an image.
std::vector<std::string> found(std::string_view text) {
  const auto images = found_images(text, "m.yaml");
  EXPECT_TRUE(images) << images.error().message;
  std::vector<std::string> lines;
  for (const FoundImage& image : images.value_or(std::vector<FoundImage>())) {
    lines.push_back((image.in == ImageIn::doubtful ? "? " : "") + image.field + " " + image.reference);
  }
  return lines;
}

std::string pod(std::string_view container) {
  return "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: "
         "a\n" +
         std::string(container);
}

constexpr std::string_view k_hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

TEST(FoundImages, OfContainersOfAnyKindAndDepth) {
  EXPECT_THAT(
      found("kind: Pod\nspec:\n  initContainers: [{image: a}]\n  ephemeralContainers: [{image: b}]\n"
            "---\napiVersion: example.org/v1\nkind: Operator\nspec: {workload: {containers: [{image: x/c}]}}\n"),
      ElementsAre("image a", "image b", "image x/c"));
}

TEST(FoundImages, OfVariablesWhoseNameSaysSo) {
  EXPECT_THAT(found(pod("          env:\n"
                        "            - {name: ROOK_CSI_CEPH_IMAGE, value: \"quay.io/cephcsi/cephcsi:v3.11.0\"}\n"
                        "            - {name: RELATED_IMAGE_CNI, value: \"x.example/cni:v1\"}\n"
                        "            - {name: IMAGE, value: tool/agent}\n"
                        "            - {name: CSI_IMAGE, value: \"\"}\n"
                        "            - {name: NODE_IMAGE, valueFrom: {fieldRef: {fieldPath: x}}}\n"
                        "            - {name: OTHER_IMAGE, value: $(NODE_IMAGE)}\n"
                        "            - {name: IMAGE_PULL_POLICY, value: Always}\n"
                        "            - {name: INIT_IMAGE_VERSION, value: v1.36.0}\n")),
              ElementsAre("env ROOK_CSI_CEPH_IMAGE quay.io/cephcsi/cephcsi:v3.11.0",
                          "env RELATED_IMAGE_CNI x.example/cni:v1", "env IMAGE tool/agent"));
}

TEST(FoundImages, OfFlagsWhoseNameSaysSo) {
  EXPECT_THAT(
      found(pod(
          "          command: [manager, --engine-image, longhornio/longhorn-engine:v1.7.0, --image, b/c]\n"
          "          args:\n"
          "            - --acme-http01-solver-image=quay.io/jetstack/cert-manager-acmesolver:v1.15.1\n"
          "            - --prometheus-config-reloader=quay.io/prometheus-operator/prometheus-config-reloader:v0.75.0\n"
          "            - -sidecarImage=registry:5000/side@sha256:" +
          std::string(k_hex) +
          "\n"
          "            - --image-pull-policy=IfNotPresent\n"
          "            - --default-image=\n")),
      ElementsAre("--engine-image longhornio/longhorn-engine:v1.7.0", "--image b/c",
                  "--acme-http01-solver-image quay.io/jetstack/cert-manager-acmesolver:v1.15.1",
                  "--prometheus-config-reloader quay.io/prometheus-operator/prometheus-config-reloader:v0.75.0",
                  "--sidecarImage registry:5000/side@sha256:" + std::string(k_hex)));
}

TEST(FoundImages, OfConfigMapsAndCustomResources) {
  EXPECT_THAT(
      found(
          "apiVersion: v1\nkind: ConfigMap\ndata:\n  ROOK_CSI_REGISTRAR_IMAGE: registry.k8s.io/sig-storage/r:v2\n"
          "  default-image: a/b\n  level: info\n"
          "---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nspec:\n  image: quay.io/p/p:v2\n"
          "  thanos: {baseImage: quay.io/t/t}\n  images: [quay.io/one:1, {name: two}]\n"
          "---\napiVersion: ceph.rook.io/v1\nkind: CephCluster\nspec: {cephVersion: {image: quay.io/ceph/ceph:v18}}\n"),
      ElementsAre("data.ROOK_CSI_REGISTRAR_IMAGE registry.k8s.io/sig-storage/r:v2", "data.default-image a/b",
                  "spec.image quay.io/p/p:v2", "spec.images quay.io/one:1",
                  "spec.cephVersion.image quay.io/ceph/ceph:v18"));
}

TEST(FoundImages, OfVolumes) {
  EXPECT_THAT(found("kind: Pod\nspec:\n  volumes:\n    - {name: data, image: {reference: \"ghcr.io/a/model:v1\"}}\n"
                    "    - {name: other, configMap: {name: x}}\n"),
              ElementsAre("volume image ghcr.io/a/model:v1"));
}

TEST(FoundImages, WhatOnlyLooksLikeOneIsDoubtful) {
  EXPECT_THAT(found(pod("          env:\n            - {name: SOURCE, value: \"quay.io/a/b:v1\"}\n"
                        "            - {name: URL, value: \"https://quay.io/a/b:v1\"}\n"
                        "            - {name: HOST, value: \"quay.io:443/a/b\"}\n"
                        "            - {name: VERSION, value: \"a/b:v1\"}\n"
                        "          args: [--from=quay.io/c/d:v2, quay.io/e/f:v3]\n")),
              ElementsAre("? env SOURCE quay.io/a/b:v1", "? --from quay.io/c/d:v2", "? argument quay.io/e/f:v3"));
  EXPECT_THAT(found("kind: ConfigMap\ndata:\n  template: |\n    containers:\n    - image: \"quay.io/g/h:v4\" # x\n"
                    "      imagePullPolicy: Always\n    - image: {{ .Image }}\n"
                    "---\napiVersion: a.example/v1\nkind: K\nspec: {source: \"quay.io/i/j:v5\"}\n"),
              ElementsAre("? data.template quay.io/g/h:v4", "? spec.source quay.io/i/j:v5"));
}

TEST(FoundImages, NotInDefinitionsNorInKubernetesOwnKinds) {
  EXPECT_THAT(found("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  example:\n"
                    "    image: quay.io/a/b:v1\n    containers: [{image: quay.io/a/c:v1}]\n"
                    "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nspec: {image: quay.io/a/d:v1}\n"
                    "---\napiVersion: v1\nkind: Service\nmetadata: {annotations: {image: quay.io/a/e:v1}}\n"),
              IsEmpty());
}

TEST(FoundImages, LinesAndErrors) {
  const auto images = found_images("kind: ConfigMap\ndata:\n  a_IMAGE: b/c:1\n", "m.yaml");
  ASSERT_TRUE(images);
  EXPECT_EQ(images->front().line, 3U);
  EXPECT_EQ(images->front().in, ImageIn::config_map);
  EXPECT_THAT(found_images("containers: [{image: [x]}]\n", "m.yaml").error().message, HasSubstr("image must be text"));
}

TEST(ManifestImages, AreOnlyThoseThatTheKubeletPulls) {
  const auto images = manifest_images(
      pod("          image: quay.io/a/b:v1\n          args: [--sidecar-image=quay.io/c/d:v1]\n"), "m.yaml");
  ASSERT_TRUE(images);
  EXPECT_THAT(*images, ElementsAre("quay.io/a/b:v1"));
}

TEST(RewriteManifest, WritesWhereverAnImageIs) {
  const std::string text =
      pod("          image: quay.io/a/tool\n          args: ['--tool-image=quay.io/a/tool', --v=2]\n"
          "          env: [{name: TOOL_IMAGE, value: \"quay.io/a/tool\"}, {name: NOT, value: quay.io/a/tool}]\n") +
      "---\napiVersion: a.example/v1\nkind: K\nspec: {image: quay.io/a/tool, imagePullPolicy: Always}\n";
  const auto rewritten = rewrite_manifest(text, {.images = {{"quay.io/a/tool", "quay.io/a/tool:v9"}}}, "m.yaml");
  ASSERT_TRUE(rewritten) << rewritten.error().message;
  EXPECT_THAT(rewritten->text,
              HasSubstr("image: quay.io/a/tool:v9\n          args: ['--tool-image=quay.io/a/tool:v9', --v=2]"));
  EXPECT_THAT(rewritten->text, HasSubstr("value: \"quay.io/a/tool:v9\"}, {name: NOT, value: quay.io/a/tool}]"));
  EXPECT_THAT(rewritten->text, HasSubstr("spec: {image: quay.io/a/tool:v9, imagePullPolicy: IfNotPresent}"));
  std::vector<std::string> fields;
  for (const ManifestChange& change : rewritten->changes) {
    fields.push_back(change.field);
  }
  EXPECT_THAT(fields, ElementsAre("image", "--tool-image", "env TOOL_IMAGE", "spec.image", "imagePullPolicy"));
}

TEST(RewriteManifest, LeavesDigestsAndDoubtfulTextAlone) {
  const std::string pinned = "quay.io/a/b:v1@sha256:" + std::string(k_hex);
  const std::string text = pod("          image: " + pinned + "\n          args: [--from=quay.io/c/d:v2]\n");
  const auto rewritten = rewrite_manifest(text, {.images = {{"quay.io/c/d:v2", "quay.io/c/d:v3"}}}, "m.yaml");
  ASSERT_TRUE(rewritten);
  EXPECT_EQ(rewritten->text, text);
  EXPECT_THAT(rewritten->changes, IsEmpty());
}

}  // namespace
}  // namespace kubeferry::catalog
