// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/installer/client_configuration.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "bundle_maker.hpp"

namespace kubeferry::installer {
namespace {

using testing::ElementsAre;

const RegistryPlace k_own{.host = "10.0.0.1:5000", .prefix = "", .plain_http = false};

TEST(ClientConfiguration, HostsTomlOfOneRegistry) {
  EXPECT_EQ(hosts_toml(std::array{k_own}, "/etc/kubeferry/ca.crt"),
            R"(# Written by kubeferry. `server` is what containerd asks last: not the upstream.
server = "https://10.0.0.1:5000"
capabilities = ["pull", "resolve"]
ca = "/etc/kubeferry/ca.crt"

[host."https://10.0.0.1:5000"]
  capabilities = ["pull", "resolve"]
  ca = "/etc/kubeferry/ca.crt"
)");
}

TEST(ClientConfiguration, HostsTomlOfSeveralPlaces) {
  const std::array places = {RegistryPlace{"harbor.corp", "k8s", false}, RegistryPlace{"10.0.0.2:80", "", true}};
  EXPECT_EQ(hosts_toml(places, ""),
            R"(# Written by kubeferry. `server` is what containerd asks last: not the upstream.
server = "http://10.0.0.2:80"
capabilities = ["pull", "resolve"]

[host."https://harbor.corp/v2/k8s"]
  capabilities = ["pull", "resolve"]
  override_path = true

[host."http://10.0.0.2:80"]
  capabilities = ["pull", "resolve"]
)");
}

TEST(ClientConfiguration, HostsTomlWithCredentials) {
  EXPECT_EQ(hosts_toml(std::array{k_own}, "", "Basic YTpi"),
            R"(# Written by kubeferry. `server` is what containerd asks last: not the upstream.
server = "https://10.0.0.1:5000"
capabilities = ["pull", "resolve"]

[header]
Authorization = "Basic YTpi"

[host."https://10.0.0.1:5000"]
  capabilities = ["pull", "resolve"]

[host."https://10.0.0.1:5000".header]
Authorization = "Basic YTpi"
)");
}

TEST(ClientConfiguration, AFileForEachRegistryAndTheDefault) {
  const std::array<std::string, 2> registries = {"ghcr.io", "registry.k8s.io"};
  const auto files = containerd_files(registries, std::array{k_own}, "PEM");
  ASSERT_EQ(files.size(), 6U);
  EXPECT_EQ(files[0].path, "ghcr.io/hosts.toml");
  EXPECT_EQ(files[2].path, "_default/hosts.toml");
  EXPECT_EQ(files[0].text, hosts_toml(std::array{k_own}, "ca.crt"));
  EXPECT_EQ(files[5].path, "_default/ca.crt");
  EXPECT_EQ(files[5].text, "PEM");
  EXPECT_EQ(containerd_files(registries, std::array{k_own}, "").size(), 3U) << "the system knows the CA";
}

TEST(ClientConfiguration, RegistriesConf) {
  const std::array<std::string, 2> registries = {"localhost:5000", "registry.k8s.io"};
  const RegistryPlace plain{"10.0.0.1:80", "", true};
  EXPECT_EQ(
      registries_conf(served_redirects(registries, plain)),
      R"(# Written by kubeferry. For /etc/containers/registries.conf.d; the CA belongs into /etc/containers/certs.d/HOST:PORT/ca.crt.

[[registry]]
prefix = "localhost:5000"
location = "10.0.0.1:80/localhost-5000"
insecure = true

[[registry]]
prefix = "registry.k8s.io"
location = "10.0.0.1:80/registry.k8s.io"
insecure = true
)");
}

TEST(ClientConfiguration, KubeadmSnippet) {
  EXPECT_EQ(
      kubeadm_snippet({"harbor.corp", "k8s", false}, "v1.34.2"),
      R"(# Written by kubeferry. For kubeadm's ClusterConfiguration; not needed where the container runtime redirects the upstreams.
kubernetesVersion: v1.34.2
imageRepository: "harbor.corp/k8s"
)");
}

TEST(ClientConfiguration, RegistryComponent) {
  EXPECT_EQ(registry_component("registry.k8s.io"), "registry.k8s.io");
  EXPECT_EQ(registry_component("LocalHost:5000"), "localhost-5000");
  EXPECT_EQ(registry_component("[::1]:5000"), "1-5000");
}

TEST(ClientConfiguration, UpstreamRegistries) {
  testing_support::Folder folder;
  testing_support::BundleMaker maker;
  maker.two_platforms("registry.k8s.io/pause:3", 1);
  maker.two_platforms("ghcr.io/a/b:1", 3);
  maker.two_platforms("registry.k8s.io/etcd:3", 5);
  maker.name_artifact("kubeferry.local/x:1", maker.image("amd64", {7}));
  EXPECT_THAT(upstream_registries(std::array{maker.write(folder, "b")}), ElementsAre("ghcr.io", "registry.k8s.io"));
}

}  // namespace
}  // namespace kubeferry::installer
