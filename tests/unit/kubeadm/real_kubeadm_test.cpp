// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/kubeadm/cluster.hpp>
#include <kubeferry/kubeadm/documents.hpp>

#include "samples.hpp"
#include "yaml_node.hpp"

// What the real kubeadm 1.20.2 thinks of our documents. real_kubeadm.sh says where it is.
namespace kubeferry::kubeadm {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class RealKubeadm : public testing::Test {
protected:
  void SetUp() override {
    const char* const path = std::getenv("KUBEFERRY_KUBEADM");
    const char* const scratch = std::getenv("KUBEFERRY_SCRATCH");
    ASSERT_TRUE(path != nullptr && scratch != nullptr) << "run by real_kubeadm.sh";
    auto found = find_program(host_, path);
    ASSERT_TRUE(found) << found.error().message;
    program_ = std::move(*found);
    program_.scratch = scratch;
  }

  void TearDown() override { EXPECT_TRUE(std::filesystem::is_empty(program_.scratch)); }

  /// What kubeadm makes of the documents, all defaults filled in.
  std::vector<YamlNode> understood(const Documents& made) {
    const auto path = std::filesystem::path(program_.scratch) / "documents.yaml";
    EXPECT_TRUE(write_file_atomically(path, made.text.view(), 0600));
    const auto output = host_.output_of({program_.path, "config", "migrate", "--old-config", path.native()});
    std::filesystem::remove(path);
    EXPECT_TRUE(output) << output.error().message;
    return parse_yaml(output.value(), "kubeadm").value();
  }

  host::Host host_ = host::Host::local();
  Program program_;
};

std::string at(const YamlNode& document, std::string_view path) {
  const YamlNode* const node = document.find_path(path);
  return node == nullptr ? "(nothing)" : shown(*node);
}

TEST_F(RealKubeadm, SaysItsVersion) { EXPECT_EQ(program_.version, (catalog::KubernetesVersion{20, 2, ""})); }

TEST_F(RealKubeadm, ListsImages) {
  const auto found = images(host_, program_, init_documents(init_input(20)).value().text.view());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(*found, SizeIs(7));
  EXPECT_THAT(*found, Each(StartsWith("k8s.gcr.io/")));
  EXPECT_THAT(*found, Contains("k8s.gcr.io/kube-apiserver:v1.20.2"));
}

TEST_F(RealKubeadm, UnderstandsEverythingWeEverWrite) {
  const auto token = secret(k_sample_token);
  const auto key = secret(k_sample_key);
  InitInput input = full_init_input(20, token, key);
  input.cluster.pod_network_cidr = "10.9.0.0/16";  // two families need a feature gate in 1.20
  input.cluster.service_cidr = "10.8.0.0/16";
  const auto made = init_documents(input);
  ASSERT_TRUE(made) << made.error().message;
  const auto warnings = validate(host_, program_, made->text.view());
  ASSERT_TRUE(warnings) << warnings.error().message;
  EXPECT_THAT(*warnings, IsEmpty());
  EXPECT_THAT(images(host_, program_, made->text.view()).value(), Each(StartsWith("registry.local:5000/k8s/")));
  const auto documents = understood(*made);
  ASSERT_THAT(documents, SizeIs(2));
  const YamlNode& init = documents[0];
  EXPECT_EQ(at(init, "localAPIEndpoint"), "{advertiseAddress: 10.0.0.2, bindPort: 7443}");
  EXPECT_EQ(at(init, "nodeRegistration.name"), "cp-1");
  EXPECT_EQ(at(init, "nodeRegistration.criSocket"), "unix:///run/crio/crio.sock");
  EXPECT_EQ(at(init, "nodeRegistration.taints"), "[]");
  EXPECT_EQ(at(init, "nodeRegistration.kubeletExtraArgs"), "{node-ip: 10.0.0.1}");
  EXPECT_EQ(at(init, "nodeRegistration.ignorePreflightErrors"), "[Swap, NumCPU]");
  EXPECT_EQ(at(init, "certificateKey"), k_sample_key);
  EXPECT_THAT(at(init, "bootstrapTokens"), AllOf(HasSubstr(std::string(k_sample_token)), HasSubstr("ttl: 2h0m0s")));
  const YamlNode& cluster = documents[1];
  EXPECT_EQ(at(cluster, "apiServer"), "{certSANs: [api.example.org, 192.168.1.1], timeoutForControlPlane: 6m0s}");
  EXPECT_EQ(at(cluster, "controlPlaneEndpoint"), "api.example.org:443");
  EXPECT_EQ(at(cluster, "networking"), "{dnsDomain: site.local, podSubnet: 10.9.0.0/16, serviceSubnet: 10.8.0.0/16}");
}

TEST_F(RealKubeadm, UnderstandsTheUsersFileCompleted) {
  const auto made =
      init_documents(init_input(20,
                                "apiVersion: kubeadm.k8s.io/v1beta2\n"
                                "kind: ClusterConfiguration\n"
                                "apiServer:\n"
                                "  extraArgs: &args {v: \"1\", audit-log-maxage: '30', profiling: \"false\"}\n"
                                "scheduler: {extraArgs: {<<: *args, v: \"2\"}}\n"
                                "---\n"
                                "apiVersion: kubelet.config.k8s.io/v1beta1\n"
                                "kind: KubeletConfiguration\n"
                                "failSwapOn: false\n"
                                "cpuCFSQuotaPeriod: 0.1s\n"
                                "maxPods: 200\n"
                                "---\n"
                                "apiVersion: kubeproxy.config.k8s.io/v1alpha1\n"
                                "kind: KubeProxyConfiguration\n"
                                "conntrack: {maxPerCore: 0, min: 0}\n"));
  ASSERT_TRUE(made) << made.error().message;
  const auto warnings = validate(host_, program_, made->text.view());
  ASSERT_TRUE(warnings) << warnings.error().message;
  EXPECT_THAT(*warnings, IsEmpty());
  const auto documents = understood(*made);
  EXPECT_EQ(at(documents.at(1), "apiServer.extraArgs"), "{audit-log-maxage: 30, profiling: false, v: 1}");
  EXPECT_EQ(at(documents.at(1), "scheduler.extraArgs"), "{audit-log-maxage: 30, profiling: false, v: 2}");
}

TEST_F(RealKubeadm, UnderstandsJoining) {
  const auto token = secret(k_sample_token);
  const auto key = secret(k_sample_key);
  JoinInput input = join_input(20, token);
  input.control_plane = JoinControlPlane{.certificate_key = &key};
  input.timeouts.discovery = std::chrono::minutes(3);
  const auto made = join_documents(input);
  ASSERT_TRUE(made) << made.error().message;
  const auto warnings = validate(host_, program_, made->text.view());
  ASSERT_TRUE(warnings) << warnings.error().message;
  EXPECT_THAT(*warnings, IsEmpty());
  const auto documents = understood(*made);
  ASSERT_THAT(documents, SizeIs(1));
  EXPECT_EQ(at(documents[0], "discovery"),
            "{bootstrapToken: {apiServerEndpoint: 10.0.0.1:6443, caCertHashes: [" + std::string(k_sample_hash) +
                "], token: abcdef.0123456789abcdef}, timeout: 3m0s, tlsBootstrapToken: abcdef.0123456789abcdef}");
  EXPECT_EQ(at(documents[0], "controlPlane"), "{certificateKey: " + std::string(k_sample_key) +
                                                  ", localAPIEndpoint: {advertiseAddress: 10.0.0.1, bindPort: 6443}}");
}

TEST_F(RealKubeadm, TakesTheSocketWithAndWithoutItsScheme) {
  for (const char* const socket : {"unix:///run/containerd/containerd.sock", "/run/containerd/containerd.sock"}) {
    const std::string text = std::string(
                                 "apiVersion: kubeadm.k8s.io/v1beta2\nkind: InitConfiguration\nnodeRegistration:\n"
                                 "  criSocket: ") +
                             socket + "\n";
    EXPECT_TRUE(images(host_, program_, init_documents(init_input(20, text)).value().text.view())) << socket;
  }
}

TEST_F(RealKubeadm, RefusalsAreUnderstood) {
  InitInput input = init_input(20);
  input.defaults.node_name = "Not_A_Name";
  const auto refused = images(host_, program_, init_documents(input).value().text.view());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::usage);
  EXPECT_THAT(refused.error().message, HasSubstr("nodeRegistration.name: Invalid value"));

  const auto typo =
      init_documents(init_input(20, "apiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterConfiguration\nclusterNam: x\n"));
  EXPECT_THAT(validate(host_, program_, typo.value().text.view()).value(),
              ElementsAre(HasSubstr("unknown field \"clusterNam\"")));
}

TEST_F(RealKubeadm, ListsCertificatesThatAreNotThere) {
  const auto output = host_.output_of(
      {program_.path, "certs", "check-expiration", "--cert-dir", "/nonexistent", "--kubeconfig", "/nonexistent"});
  ASSERT_TRUE(output) << output.error().message;
  const auto found = parse_certificates(*output);
  ASSERT_TRUE(found) << found.error().message;
  std::vector<std::string> names;
  for (const Certificate& certificate : *found) {
    names.push_back(certificate.name);
  }
  EXPECT_THAT(names, AllOf(SizeIs(13), Contains("apiserver"), Contains("etcd-ca")));
}

}  // namespace
}  // namespace kubeferry::kubeadm
