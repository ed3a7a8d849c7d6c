// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/node_files.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/runtime/crio_configuration.hpp>

#include "sample_host.hpp"

namespace kubeferry::runtime {
namespace {

using testing::HasSubstr;

TEST(KubeletFiles, AreAsKubernetesPackagesHaveThem) {
  const SampleHost sample;
  const auto files = kubelet_files(sample.host, "/usr/local/bin/kubelet");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].path, k_kubelet_unit);
  EXPECT_THAT(files[0].text, HasSubstr("\nExecStart=/usr/local/bin/kubelet\nRestart=always\nStartLimitInterval=0\n"));
  EXPECT_EQ(files[1].path, k_kubelet_drop_in);
  EXPECT_THAT(files[1].text, HasSubstr("EnvironmentFile=-/etc/default/kubelet\nExecStart=\n"
                                       "ExecStart=/usr/local/bin/kubelet $KUBELET_KUBECONFIG_ARGS"));
}

TEST(KubeletFiles, FollowRedHat) {
  const SampleHost sample;
  sample.file("/etc/sysconfig/network", "");
  EXPECT_THAT(kubelet_files(sample.host, "/usr/bin/kubelet").at(1).text,
              HasSubstr("EnvironmentFile=-/etc/sysconfig/kubelet\n"));
}

TEST(KubeletFiles, OfADistributionStay) {
  const SampleHost sample;
  sample.file("/lib/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet\n");
  sample.file("/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
              "[Service]\nEnvironment=\"A=--kubeconfig=/etc/kubernetes/kubelet.conf\"\n"
              "EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\nExecStart=\nExecStart=/usr/bin/kubelet $A\n");
  EXPECT_TRUE(kubelet_files(sample.host, "/usr/bin/kubelet").empty());
  // They start another program than the one that is to run.
  EXPECT_EQ(kubelet_files(sample.host, "/usr/local/bin/kubelet").size(), 2U);
}

TEST(KubeletFiles, OfOursAreOursTheSecondTime) {
  const SampleHost sample;
  const auto files = kubelet_files(sample.host, "/usr/local/bin/kubelet");
  for (const auto& file : files) {
    sample.file(file.path, file.text);
  }
  EXPECT_EQ(kubelet_files(sample.host, "/usr/local/bin/kubelet").size(), 2U);
}

TEST(KernelFiles, HaveWhatPodsNeed) {
  auto files = kernel_files({});
  EXPECT_EQ(files.at(0).text, "# Written by kubeferry.\noverlay\nbr_netfilter\n");
  EXPECT_EQ(files.at(1).text,
            "# Written by kubeferry.\nnet.bridge.bridge-nf-call-ip6tables = 1\n"
            "net.bridge.bridge-nf-call-iptables = 1\nnet.ipv4.ip_forward = 1\n");
  files = kernel_files({.ipv6_forwarding = true});
  EXPECT_THAT(files.at(1).text, HasSubstr("net.ipv6.conf.all.forwarding = 1\n"));
  EXPECT_EQ(kernel_steps({}).size(), 7U);
}

TEST(KernelFiles, HaveWhatThePodNetworkNeeds) {
  const KernelWants wants{
      .modules = {"br_netfilter", "vxlan"},
      .sysctls = {{"net.ipv4.conf.all.rp_filter", "0"}, {"net.bridge.bridge-nf-call-iptables", "0"}}};
  const auto files = kernel_files(wants);
  EXPECT_EQ(files.at(0).text, "# Written by kubeferry.\noverlay\nbr_netfilter\nvxlan\n");
  EXPECT_THAT(files.at(1).text, HasSubstr("net.ipv4.conf.all.rp_filter = 0\n"));
  // kubeadm asks for it, whatever a network says.
  EXPECT_THAT(files.at(1).text, HasSubstr("net.bridge.bridge-nf-call-iptables = 1\n"));
  EXPECT_EQ(kernel_steps(wants).size(), 9U);
}

TEST(CrictlConfiguration, NamesTheRuntime) {
  EXPECT_EQ(crictl_configuration("unix:///s"),
            "# Written by kubeferry.\nruntime-endpoint: \"unix:///s\"\nimage-endpoint: \"unix:///s\"\n");
}

TEST(CrioFiles, AreDropIns) {
  const std::vector<std::string> registries = {"registry.k8s.io"};
  const std::vector<installer::RegistryPlace> places = {{.host = "10.0.0.1:5000"}, {.host = "10.0.0.2:5000"}};
  const auto files = crio_files({.sandbox_image = "registry.k8s.io/pause:3.10",
                                 .pinned_images = {"registry.k8s.io/pause:3.10", "registry.k8s.io/etcd:3.5"},
                                 .cgroup_driver = CgroupDriver::cgroupfs},
                                registries, places, "PEM");
  ASSERT_EQ(files.size(), 4U);
  EXPECT_EQ(files[0].text, R"(# Written by kubeferry.
[crio.image]
pause_image = "registry.k8s.io/pause:3.10"
pinned_images = ["registry.k8s.io/pause:3.10", "registry.k8s.io/etcd:3.5"]

[crio.runtime]
cgroup_manager = "cgroupfs"
conmon_cgroup = "pod"

[crio.network]
plugin_dirs = ["/opt/cni/bin"]
)");
  EXPECT_THAT(files[1].text, HasSubstr("[[registry]]\nprefix = \"registry.k8s.io\"\n"
                                       "location = \"10.0.0.1:5000/registry.k8s.io\"\n\n"
                                       "[[registry.mirror]]\nlocation = \"10.0.0.2:5000/registry.k8s.io\"\n"));
  EXPECT_EQ(files[3].path, "/etc/containers/certs.d/10.0.0.2:5000/ca.crt");
  EXPECT_EQ(files[3].text, "PEM");
}

}  // namespace
}  // namespace kubeferry::runtime
