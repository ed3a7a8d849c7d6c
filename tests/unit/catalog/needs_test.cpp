// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>

#include <kubeferry/catalog/needs.hpp>

#include "spec_text.hpp"

namespace kubeferry::catalog {
namespace {

using testing::HasSubstr;

class NeedsTest : public testing::Test {
protected:
  [[nodiscard]] Result<Needs> needs(std::string_view platforms, std::string_view more) const {
    const auto spec = parse(fmt::format(
        "apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nversion: \"1\"\nplatforms: {}\n{}", platforms, more));
    if (!spec) {
      return Failure(spec.error());
    }
    return needs_of(*spec, catalog_);
  }
  [[nodiscard]] static const DownloadNeed* find(const Needs& needs, std::string_view name, std::string_view platform) {
    const auto found = std::ranges::find_if(
        needs.downloads, [&](const DownloadNeed& each) { return each.name == name && each.platform == platform; });
    return found == needs.downloads.end() ? nullptr : &*found;
  }

  Catalog catalog_ = Catalog::builtin().value();
};

TEST_F(NeedsTest, UrlsAndChecksumsAsUpstreamHasThem) {
  const auto found = needs("[linux/amd64, linux/ppc64le]", "kubernetes: v1.34.2\ncni: flannel\n");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->images.size(), 7U);
  EXPECT_EQ(found->downloads.size(), 2U * 7U + 1U);
  EXPECT_TRUE(found->missing.empty());
  const struct {
    std::string_view name, url, checksum;
    ChecksumStyle style;
  } expected[] = {
      {"kubelet", "https://dl.k8s.io/release/v1.34.2/bin/linux/ppc64le/kubelet",
       "https://dl.k8s.io/release/v1.34.2/bin/linux/ppc64le/kubelet.sha256", ChecksumStyle::bare},
      {"containerd",
       "https://github.com/containerd/containerd/releases/download/v1.7.36/"
       "containerd-static-1.7.36-linux-ppc64le.tar.gz",
       "https://github.com/containerd/containerd/releases/download/v1.7.36/"
       "containerd-static-1.7.36-linux-ppc64le.tar.gz.sha256sum",
       ChecksumStyle::named},
      {"runc", "https://github.com/opencontainers/runc/releases/download/v1.3.6/runc.ppc64le",
       "https://github.com/opencontainers/runc/releases/download/v1.3.6/runc.sha256sum", ChecksumStyle::clearsigned},
      {"cni-plugins",
       "https://github.com/containernetworking/plugins/releases/download/v1.7.1/cni-plugins-linux-ppc64le-v1.7.1.tgz",
       "https://github.com/containernetworking/plugins/releases/download/v1.7.1/"
       "cni-plugins-linux-ppc64le-v1.7.1.tgz.sha256",
       ChecksumStyle::named},
      {"crictl",
       "https://github.com/kubernetes-sigs/cri-tools/releases/download/v1.34.0/crictl-v1.34.0-linux-ppc64le.tar.gz",
       "https://github.com/kubernetes-sigs/cri-tools/releases/download/v1.34.0/"
       "crictl-v1.34.0-linux-ppc64le.tar.gz.sha256",
       ChecksumStyle::bare},
  };
  for (const auto& each : expected) {
    const DownloadNeed* need = find(*found, each.name, "linux/ppc64le");
    ASSERT_NE(need, nullptr) << each.name;
    EXPECT_EQ(need->url, each.url);
    EXPECT_EQ(need->checksum.url, each.checksum);
    EXPECT_EQ(need->checksum.style, each.style);
  }
  const DownloadNeed* flannel = find(*found, "flannel", "");
  ASSERT_NE(flannel, nullptr);
  EXPECT_EQ(flannel->url, "https://github.com/flannel-io/flannel/releases/download/v0.28.9/kube-flannel.yml");
  EXPECT_EQ(flannel->kind, ArtifactKind::manifest);
  EXPECT_EQ(flannel->checksum.style, ChecksumStyle::none);
}

TEST_F(NeedsTest, FiveArchitecturesUpTo126) {
  const auto found = needs("all", "kubernetes: v1.26.15\n");
  ASSERT_TRUE(found) << found.error().message;
  for (const ImageNeed& image : found->images) {
    EXPECT_EQ(image.platforms.size(), 5U) << image.reference;
  }
  EXPECT_EQ(find(*found, "runc", "linux/arm")->url,
            "https://github.com/opencontainers/runc/releases/download/v1.3.6/runc.armhf");
  EXPECT_NE(find(*found, "crictl", "linux/arm"), nullptr);
  EXPECT_EQ(find(*found, "containerd", "linux/arm"), nullptr);
  ASSERT_EQ(found->missing.size(), 1U);
  EXPECT_EQ(found->missing[0].what, "containerd 1.7.36");
  EXPECT_EQ(found->missing[0].platform, "linux/arm");
  EXPECT_FALSE(found->missing[0].required) << "the distribution has a package";
}

TEST_F(NeedsTest, ArmAfter126IsAnErrorThatSaysSo) {
  const auto found = needs("all", "kubernetes: v1.34.2\n");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ExitCode::usage);
  EXPECT_THAT(found.error().message, HasSubstr("kube-apiserver:v1.34.2 for linux/arm"));
  EXPECT_EQ(found.error().hint, "take linux/arm out of platforms, or say missing: skip");
}

TEST_F(NeedsTest, SkippedArmStillHasKubectl) {
  const auto found = needs("all", "kubernetes: v1.34.2\nmissing: skip\n");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_NE(find(*found, "kubectl", "linux/arm"), nullptr);
  EXPECT_EQ(find(*found, "kubelet", "linux/arm"), nullptr);
  EXPECT_EQ(find(*found, "crictl", "linux/arm"), nullptr);
  const auto kubelet = std::ranges::find(found->missing, "kubelet v1.34.2", &MissingNeed::what);
  ASSERT_NE(kubelet, found->missing.end());
  EXPECT_EQ(kubelet->reason, "is published for it only before 1.27");
}

TEST_F(NeedsTest, SpecImagesComeAfterAndOnce) {
  const auto found = needs("[linux/s390x]", "kubernetes: v1.34.2\nimages: [registry.k8s.io/pause:3.10.1, busybox]\n");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->images.size(), 8U);
  EXPECT_EQ(found->images.back().reference, "busybox");
  EXPECT_EQ(found->images.back().why, "spec");
  EXPECT_THAT(found->images.back().platforms, testing::ElementsAre("linux/s390x"));
}

TEST_F(NeedsTest, ALocalCniManifestIsNotFetched) {
  const auto found = needs("[linux/amd64]", "cni: {name: flannel, manifest: f.yml}\n");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->downloads.empty());
}

TEST_F(NeedsTest, UnknownCni) {
  const auto found = needs("[linux/amd64]", "cni: flanel\n");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message, "the CNI \"flanel\" is not in the catalog");
  EXPECT_EQ(found.error().hint, "did you mean flannel?");
}

TEST_F(NeedsTest, EveryMinorHasEveryPair) {
  for (const MinorRelease& release : catalog_.minors) {
    const auto found = needs("[linux/amd64, linux/s390x]", fmt::format("kubernetes: v1.{}.0\n", release.minor));
    ASSERT_TRUE(found) << release.minor << found.error().message;
    EXPECT_EQ(found->downloads.size(), 14U) << release.minor;
    EXPECT_TRUE(found->missing.empty()) << release.minor;
    for (const DownloadNeed& need : found->downloads) {
      EXPECT_EQ(need.url.find('{'), std::string::npos) << need.url;
      EXPECT_EQ(need.checksum.url.find('{'), std::string::npos) << need.checksum.url;
    }
  }
}

TEST_F(NeedsTest, MembersOfArchives) {
  const auto found = needs("[linux/amd64]", "kubernetes: v1.34.2\n");
  ASSERT_TRUE(found);
  const auto path = [&](std::string_view name, std::string_view member) {
    const auto to = destination(*find(*found, name, "linux/amd64"), member);
    return to ? to->path : std::string();
  };
  EXPECT_EQ(path("cni-plugins", "./bridge"), "/opt/cni/bin/bridge");
  EXPECT_EQ(path("cni-plugins", "portmap"), "/opt/cni/bin/portmap");
  EXPECT_EQ(path("containerd", "bin/containerd-shim-runc-v2"), "/usr/local/bin/containerd-shim-runc-v2");
  EXPECT_EQ(path("crictl", "crictl"), "/usr/local/bin/crictl");
  for (const std::string_view member : {"./", "", ".", "..", "./LICENSE", "./README.md", "../bridge", "a/bridge",
                                        "/bridge", "./../bridge", "-x", "br\nidge", "./.hidden"}) {
    EXPECT_EQ(path("cni-plugins", member), "") << member;
  }
  EXPECT_EQ(path("containerd", "bin/containerd-stress"), "");
  EXPECT_EQ(path("containerd", "bin/../x"), "");
  EXPECT_EQ(path("containerd", "containerd"), "");
  EXPECT_EQ(path("crictl", "other"), "");
}

TEST_F(NeedsTest, Json) {
  const auto found = needs("[linux/amd64]", "kubernetes: v1.34.99\n");
  ASSERT_TRUE(found);
  const auto document = parse_json(to_text(to_json(*found)), "needs");
  ASSERT_TRUE(document);
  const JsonView view(*document, "needs");
  const auto downloads = view.elements("downloads");
  ASSERT_TRUE(downloads);
  const JsonView& crictl = downloads->back();
  EXPECT_EQ(crictl.string("name").value(), "crictl");
  EXPECT_EQ(crictl.string("kind").value(), "archive");
  EXPECT_EQ(crictl.string("platform").value(), "linux/amd64");
  EXPECT_EQ(crictl.member("checksum")->string("style").value(), "bare");
  const auto members = crictl.elements("members");
  ASSERT_TRUE(members && members->size() == 1);
  EXPECT_EQ(members->front().string("from").value(), "crictl");
  EXPECT_EQ(members->front().string("to").value(), "/usr/local/bin/crictl");
  EXPECT_EQ(members->front().string("mode").value(), "0755");
  EXPECT_EQ(view.elements("images")->front().string("reference").value(), "registry.k8s.io/kube-apiserver:v1.34.99");
  EXPECT_EQ(view.elements("notes")->size(), 1U);
}

}  // namespace
}  // namespace kubeferry::catalog
