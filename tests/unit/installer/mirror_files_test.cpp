// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/installer/mirror_files.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample.hpp"

namespace kubeferry::installer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const MirrorTarget k_target{"harbor.corp", "k8s"};

MirrorRow row(std::string source, std::string repository, std::string tag = "1") {
  MirrorRow out;
  out.source = std::move(source);
  out.target = fmt::format("harbor.corp/{}:{}", repository, tag);
  out.repository = std::move(repository);
  out.source_digest = crypto::Digest::of(as_byte_view("source"));
  out.target_digest = crypto::Digest::of(as_byte_view("target"));
  return out;
}

std::string text_of(const std::vector<ConfigurationFile>& files, std::string_view path) {
  for (const auto& file : files) {
    if (file.path == path) {
      return file.text;
    }
  }
  return "no such file";
}

TEST(MirrorFiles, MappingAndMissing) {
  MirrorResult result;
  result.rows = {row("registry.k8s.io/pause:1", "k8s/pause")};
  result.rows[0].status = MirrorStatus::rewritten;
  result.missing = {{"harbor.corp/k8s/x:1", "is not there"}};
  EXPECT_EQ(mapping_text(result),
            fmt::format("# source=target status\nregistry.k8s.io/pause:1@{}=harbor.corp/k8s/pause:1@{} rewritten\n",
                        result.rows[0].source_digest.to_string(), result.rows[0].target_digest.to_string()));
  EXPECT_EQ(missing_text(result), "harbor.corp/k8s/x:1: is not there\n");
}

TEST(MirrorFiles, OnePrefixForAllRegistries) {
  MirrorResult result;
  result.kubernetes = "v1.34.2";
  result.rows = {row("registry.k8s.io/pause:1", "k8s/pause"),
                 row("registry.k8s.io/coredns/coredns:1", "k8s/coredns/coredns"),
                 row("registry.k8s.io/coredns/coredns:1", "k8s/coredns"), row("ghcr.io/a/b:1", "k8s/a/b"),
                 row("kubeferry.local/s/node-files:1", "k8s/kubeferry/s/node-files")};
  result.rows[2].second_name = true;
  result.rows[4].kind = Kind::artifact;
  const auto files = mirror_files(result, k_target, false, "PEM");
  std::vector<std::string> paths;
  for (const auto& file : files) {
    paths.push_back(file.path);
  }
  EXPECT_THAT(paths,
              ElementsAre("mapping.txt", "certs.d/ghcr.io/hosts.toml", "certs.d/registry.k8s.io/hosts.toml",
                          "certs.d/_default/hosts.toml", "registries.conf", "certs.d/ghcr.io/ca.crt",
                          "certs.d/registry.k8s.io/ca.crt", "certs.d/_default/ca.crt", "ca.crt", "kubeadm.yaml"));
  EXPECT_EQ(text_of(files, "certs.d/_default/ca.crt"), "PEM");
  EXPECT_THAT(text_of(files, "certs.d/registry.k8s.io/hosts.toml"),
              HasSubstr(R"([host."https://harbor.corp/v2/k8s"])"));
  EXPECT_THAT(text_of(files, "certs.d/registry.k8s.io/hosts.toml"), HasSubstr("override_path = true"));
  EXPECT_THAT(text_of(files, "kubeadm.yaml"), HasSubstr("imageRepository: \"harbor.corp/k8s\"\n"));
  EXPECT_THAT(text_of(files, "kubeadm.yaml"), HasSubstr("kubernetesVersion: v1.34.2\n"));
  EXPECT_THAT(text_of(files, "registries.conf"), HasSubstr("prefix = \"ghcr.io\"\nlocation = \"harbor.corp/k8s\""));
}

TEST(MirrorFiles, RenamedRepositoriesAreRedirectedOneByOne) {
  MirrorResult result;
  result.rows = {row("ghcr.io/a/b:1", "k8s/a/b"), row("ghcr.io/a/c:1", "k8s/a/c"), row("ghcr.io/x/y:1", "k8s/cni/y"),
                 row("quay.io/z:1", "k8s/renamed")};
  const auto redirects = mirrored_redirects(result, k_target, true);
  ASSERT_EQ(redirects.size(), 3U);
  EXPECT_EQ(redirects[0].source, "ghcr.io");
  EXPECT_EQ(redirects[0].place, (RegistryPlace{"harbor.corp", "k8s", true}));
  EXPECT_EQ(redirects[1].source, "ghcr.io/x/y");
  EXPECT_EQ(redirects[1].place.name(), "harbor.corp/k8s/cni/y");
  EXPECT_EQ(redirects[2].source, "quay.io/z");
  const auto files = mirror_files(result, k_target, true, "");
  EXPECT_THAT(text_of(files, "certs.d/ghcr.io/hosts.toml"),
              HasSubstr("# ghcr.io/x/y is only to be had as harbor.corp/k8s/cni/y\n"));
  EXPECT_THAT(text_of(files, "certs.d/quay.io/hosts.toml"), HasSubstr("# quay.io/z is only to be had as"));
  EXPECT_THAT(text_of(files, "certs.d/quay.io/hosts.toml"), HasSubstr("server = \"http://harbor.corp\""));
  EXPECT_EQ(text_of(files, "certs.d/_default/hosts.toml"), "no such file") << "the registries differ";
  EXPECT_EQ(text_of(files, "kubeadm.yaml"), "no such file") << "none of kubeadm's images is there";
}

TEST(MirrorFiles, WrittenBelowADirectory) {
  bundle::testing_support::Folder folder;
  ASSERT_TRUE(write_files(folder / "out", {{"a/b/c.txt", "text"}, {"d.txt", ""}}));
  EXPECT_EQ(bundle::testing_support::file_text(folder / "out/a/b/c.txt"), "text");
  EXPECT_TRUE(std::filesystem::exists(folder / "out/d.txt"));
  bundle::testing_support::write_text(folder / "file", "");
  const Status status = write_files(folder / "file", {{"x/y", ""}});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ExitCode::io);
}

}  // namespace
}  // namespace kubeferry::installer
