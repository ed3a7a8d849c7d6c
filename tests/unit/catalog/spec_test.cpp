// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "spec_text.hpp"

namespace kubeferry::catalog {
namespace {

using testing::ElementsAre;

TEST(Spec, TheIssuesExample) {
  const auto spec = parse(R"(apiVersion: kubeferry/v1
kind: Bundle
name: site
version: "2026.11.1"
platforms: [linux/amd64, linux/arm64]          # or: all
kubernetes: {version: v1.34.2}                  # optional: images and node files by catalog
cni: {name: flannel, podCIDR: 10.244.0.0/16}    # optional
images: [registry.k8s.io/pause:3.10]            # optional: more, by tag, digest or tag@digest
files: [{url: "https://example.org/x", sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, platform: linux/amd64, path: /usr/local/bin/x, mode: "0755"}]
missing: fail                                   # or skip: a platform that an image does not have
upstreams:                                      # optional: where a host is really reached
  registry.k8s.io: {endpoint: "https://127.0.0.1:5001", ca: ca.pem}
)");
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->name, "site");
  EXPECT_EQ(spec->version, "2026.11.1");
  EXPECT_EQ(spec->stream, "site");
  EXPECT_THAT(spec->platforms, ElementsAre("linux/amd64", "linux/arm64"));
  EXPECT_EQ(spec->kubernetes->version.to_string(), "v1.34.2");
  EXPECT_EQ(spec->cni->name, "flannel");
  EXPECT_THAT(spec->cni->pod_cidr, ElementsAre("10.244.0.0/16"));
  EXPECT_THAT(spec->images, ElementsAre("registry.k8s.io/pause:3.10"));
  ASSERT_EQ(spec->files.size(), 1U);
  EXPECT_EQ(spec->files[0].url, "https://example.org/x");
  EXPECT_EQ(spec->files[0].path, "/usr/local/bin/x");
  EXPECT_EQ(spec->files[0].mode, 0755U);
  EXPECT_THAT(spec->files[0].platforms, ElementsAre("linux/amd64"));
  EXPECT_EQ(spec->missing, Missing::fail);
  EXPECT_EQ(spec->upstreams.at("registry.k8s.io").endpoint, "https://127.0.0.1:5001");
  EXPECT_EQ(spec->upstreams.at("registry.k8s.io").ca, "/specs/ca.pem");
}

TEST(Spec, EveryOptionalKey) {
  const auto spec = parse(spec_with(R"(stream: k8s
sequence: 9007199254740991
notAfter: 2027-01-31T00:00:00Z
audience: plant-7
cni: {name: flannel, version: v0.28.1, manifest: my/flannel.yml, podCIDR: "10.0.0.0/8,fd00::/48"}
files:
  - {file: etc/x.conf, path: /etc/kubernetes/x.conf}
kubeferry: dist/kubeferry-linux-{arch}
missing: skip
compressionLevel: 19
upstreams:
  "harbor.corp:8443":
    endpoint: http://10.0.0.1:80/
    plainHttp: true
    username: robot
    passwordFile: /run/secret
    pathPrefix: proxy/k8s
)"));
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->stream, "k8s");
  EXPECT_EQ(spec->sequence, 9007199254740991U);
  EXPECT_EQ(to_rfc3339(*spec->not_after), "2027-01-31T00:00:00Z");
  EXPECT_EQ(spec->audience, "plant-7");
  EXPECT_EQ(spec->cni->version, "v0.28.1");
  EXPECT_EQ(spec->cni->manifest, "/specs/my/flannel.yml");
  EXPECT_THAT(spec->cni->pod_cidr, ElementsAre("10.0.0.0/8", "fd00::/48"));
  EXPECT_EQ(spec->files[0].source, "/specs/etc/x.conf");
  EXPECT_EQ(spec->files[0].mode, 0644U);
  EXPECT_TRUE(spec->files[0].platforms.empty());
  EXPECT_EQ(spec->program, "/specs/dist/kubeferry-linux-{arch}");
  EXPECT_EQ(spec->missing, Missing::skip);
  EXPECT_EQ(spec->compression, 19U);
  const Upstream& upstream = spec->upstreams.at("harbor.corp:8443");
  EXPECT_EQ(upstream.endpoint, "http://10.0.0.1:80");
  EXPECT_TRUE(upstream.plain_http);
  EXPECT_EQ(upstream.username, "robot");
  EXPECT_EQ(upstream.password_file, "/run/secret");
  EXPECT_EQ(upstream.path_prefix, "proxy/k8s");
}

TEST(Spec, ShortFormsAndAllPlatforms) {
  const auto spec = parse(
      "apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: \"1\"\nplatforms: all\n"
      "kubernetes: 1.26.15\ncni: flannel\n");
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->kubernetes->version.to_string(), "v1.26.15");
  EXPECT_EQ(spec->cni->name, "flannel");
  EXPECT_THAT(spec->platforms, ElementsAre("linux/amd64", "linux/arm", "linux/arm64", "linux/ppc64le", "linux/s390x"));
}

TEST(Spec, OneProgramCannotBeForSeveralPlatforms) {
  const std::string text = "apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: \"1\"\nimages: [busybox]\n";
  EXPECT_EQ(parse(text + "platforms: [s390x]\nkubeferry: k\n")->program, "/specs/k");
  EXPECT_EQ(parse(text + "platforms: all\nkubeferry: none\n")->program, "none");
  const auto wrong = parse(text + "platforms: all\nkubeferry: k\n");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ExitCode::usage);
  EXPECT_EQ(wrong.error().hint, "write {arch} where the architecture stands in its name");
}

TEST(Spec, PlatformsByAnyNameAreSorted) {
  const auto spec = parse(
      "apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: \"1\"\n"
      "platforms: [s390x, aarch64, linux/arm/v7]\nimages: [busybox]\n");
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_THAT(spec->platforms, ElementsAre("linux/arm", "linux/arm64", "linux/s390x"));
}

TEST(Spec, TheExamplesAreValid) {
  for (const std::string_view name : {"minimal.yaml", "site.yaml"}) {
    const auto spec = load_spec(std::string(KF_SOURCE_DIR) + "/manifests/examples/" + std::string(name));
    EXPECT_TRUE(spec) << spec.error().message;
  }
}

TEST(Spec, AFileThatIsNotThereIsAnIoError) {
  const auto spec = load_spec("/nonexistent/site.yaml");
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().code, ExitCode::io);
}

}  // namespace
}  // namespace kubeferry::catalog
