// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <functional>

#include <kubeferry/kubeadm/documents.hpp>

#include "samples.hpp"

namespace kubeferry::kubeadm {
namespace {

using testing::HasSubstr;

struct Conflict {
  std::string file;
  std::function<void(InitInput&)> flag;
  std::string message;
};

TEST(InitDocuments, ShowBothSidesOfAConflict) {
  const std::string head = "apiVersion: kubeadm.k8s.io/v1beta4\n";
  const std::string init = head + "kind: InitConfiguration\n";
  const std::string cluster = head + "kind: ClusterConfiguration\n";
  const Conflict cases[] = {
      {cluster + "networking:\n  podSubnet: 10.1.0.0/16\n",
       [](InitInput& input) { input.cluster.pod_network_cidr = "10.2.0.0/16"; },
       "my.yaml:4:14: networking.podSubnet is 10.1.0.0/16, but --pod-network-cidr is 10.2.0.0/16"},
      {cluster + "networking: {serviceSubnet: 10.1.0.0/16}\n",
       [](InitInput& input) { input.cluster.service_cidr = "10.2.0.0/16"; },
       "my.yaml:3:29: networking.serviceSubnet is 10.1.0.0/16, but --service-cidr is 10.2.0.0/16"},
      {cluster + "networking: {dnsDomain: a}\n", [](InitInput& input) { input.cluster.service_dns_domain = "b"; },
       "my.yaml:3:25: networking.dnsDomain is a, but --service-dns-domain is b"},
      {cluster + "imageRepository: a\n", [](InitInput& input) { input.cluster.image_repository = "b"; },
       "my.yaml:3:18: imageRepository is a, but --image-repository is b"},
      {cluster + "controlPlaneEndpoint: a\n", [](InitInput& input) { input.cluster.control_plane_endpoint = "b"; },
       "my.yaml:3:23: controlPlaneEndpoint is a, but --control-plane-endpoint is b"},
      {cluster + "apiServer: {certSANs: [a, b]}\n",
       [](InitInput& input) { input.cluster.apiserver_cert_extra_sans = {"b"}; },
       "my.yaml:3:23: apiServer.certSANs is [a, b], but --apiserver-cert-extra-sans is [b]"},
      {cluster + "kubernetesVersion: v1.30.0\n", [](InitInput&) {},
       "my.yaml:3:20: kubernetesVersion is v1.30.0, but the bundle has v1.31.2"},
      {init + "localAPIEndpoint: {advertiseAddress: 10.0.0.1}\n",
       [](InitInput& input) { input.node.apiserver_advertise_address = "10.0.0.2"; },
       "my.yaml:3:38: localAPIEndpoint.advertiseAddress is 10.0.0.1, but --apiserver-advertise-address is 10.0.0.2"},
      {init + "localAPIEndpoint: {bindPort: 1}\n", [](InitInput& input) { input.node.apiserver_bind_port = 2; },
       "my.yaml:3:30: localAPIEndpoint.bindPort is 1, but --apiserver-bind-port is 2"},
      {init + "nodeRegistration: {name: a}\n", [](InitInput& input) { input.node.node_name = "b"; },
       "my.yaml:3:26: nodeRegistration.name is a, but --node-name is b"},
      {init + "nodeRegistration: {criSocket: /a}\n", [](InitInput& input) { input.node.cri_socket = "/b"; },
       "my.yaml:3:31: nodeRegistration.criSocket is /a, but --cri-socket is unix:///b"},
      {init + "nodeRegistration: {ignorePreflightErrors: [all]}\n",
       [](InitInput& input) { input.node.ignore_preflight_errors = {"Swap"}; },
       "my.yaml:3:43: nodeRegistration.ignorePreflightErrors is [all], but --ignore-preflight-errors is [Swap]"},
      {init + "nodeRegistration: {taints: [{key: a, effect: NoSchedule}]}\n",
       [](InitInput& input) { input.single_node = true; },
       "my.yaml:3:28: nodeRegistration.taints is [{key: a, effect: NoSchedule}], but --single-node wants []"},
      {init + "skipPhases: [a]\n", [](InitInput& input) { input.node.skip_phases = {"b"}; },
       "my.yaml:3:13: skipPhases is [a], but --skip-phases is [b]"},
      {init + "patches: {directory: /a}\n", [](InitInput& input) { input.node.patches = "/b"; },
       "my.yaml:3:22: patches.directory is /a, but --patches is /b"},
  };
  for (const Conflict& conflict : cases) {
    InitInput input = init_input(31, conflict.file);
    conflict.flag(input);
    const auto made = init_documents(input);
    ASSERT_FALSE(made) << conflict.message;
    EXPECT_EQ(made.error().code, ExitCode::usage);
    EXPECT_EQ(made.error().message, conflict.message);
    EXPECT_THAT(made.error().hint, HasSubstr("my.yaml"));
  }
}

TEST(InitDocuments, ConflictsOfSecretsShowNone) {
  const auto key = secret(k_sample_key);
  InitInput input = init_input(31, "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\ncertificateKey: " +
                                       std::string(64, 'f') + "\n");
  input.certificate_key = &key;
  const auto made = init_documents(input);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "my.yaml:3:17: certificateKey is not what was given");
}

struct Wrong {
  std::uint32_t minor;
  std::string file;
  std::string message;
};

TEST(InitDocuments, SayWhatIsWrongWithTheFile) {
  const Wrong cases[] = {
      {31, "a: 1\n", "my.yaml:1:1: a document without apiVersion and kind"},
      {31, "- a\n", "my.yaml:1:1: a document without apiVersion and kind"},
      {31, "apiVersion: {}\nkind: x\n", "my.yaml:1:1: a document without apiVersion and kind"},
      {37, "apiVersion: kubeadm.k8s.io/v1beta3\nkind: X\n",
       "my.yaml:1:13: kubeadm v1.37.2 does not read kubeadm.k8s.io/v1beta3"},
      {27, "apiVersion: kubeadm.k8s.io/v1beta2\nkind: X\n",
       "my.yaml:1:13: kubeadm v1.27.2 does not read kubeadm.k8s.io/v1beta2"},
      {20, "apiVersion: kubeadm.k8s.io/v1beta3\nkind: X\n",
       "my.yaml:1:13: kubeadm v1.20.2 does not read kubeadm.k8s.io/v1beta3"},
      {20, "apiVersion: kubeadm.k8s.io/v1alpha1\nkind: X\n",
       "my.yaml:1:13: kubeadm v1.20.2 does not read kubeadm.k8s.io/v1alpha1"},
      {20, "apiVersion: kubeadm.k8s.io\nkind: X\n", "my.yaml:1:13: kubeadm v1.20.2 does not read kubeadm.k8s.io"},
      {31, "apiVersion: kubeadm.k8s.io/v1beta4\nkind: X\n---\napiVersion: kubeadm.k8s.io/v1beta3\nkind: Y\n",
       "my.yaml:4:13: kubeadm.k8s.io/v1beta3 beside documents of v1beta4"},
      {31, "apiVersion: kubeadm.k8s.io/v1beta4\nkind: X\n---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: X\n",
       "my.yaml:4:1: a second X; the first is in line 1"},
      {31, "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking: [1]\n",
       "my.yaml:3:13: must be a mapping, for networking.podSubnet"},
      {31, "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nbootstrapTokens: x\n",
       "my.yaml:3:18: bootstrapTokens must be a list"},
      {31,
       "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nnodeRegistration: {kubeletExtraArgs: {a: b}}\n",
       "my.yaml:3:38: nodeRegistration.kubeletExtraArgs must be a list"},
      {30, "apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\nnodeRegistration: {kubeletExtraArgs: [a]}\n",
       "my.yaml:3:38: nodeRegistration.kubeletExtraArgs must be a mapping"},
      {31, "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nlocalAPIEndpoint: {bindPort: 70000}\n",
       "my.yaml:3:30: localAPIEndpoint.bindPort must be a port, is 70000"},
      {31, "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: no\n",
       "my.yaml:3:13: failSwapOn must be true or false"},
      {31, "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nclusterName: [a]\n",
       "my.yaml:3:14: clusterName must be a single value"},
      {31, "a: [\n", "my.yaml:2:1: "},
  };
  const auto token = secret(k_sample_token);
  for (const Wrong& wrong : cases) {
    InitInput input = init_input(wrong.minor, wrong.file);
    input.token = &token;
    const auto made = init_documents(input);
    ASSERT_FALSE(made) << wrong.message;
    EXPECT_EQ(made.error().code, ExitCode::usage);
    EXPECT_THAT(made.error().message, testing::StartsWith(wrong.message));
  }
}

TEST(InitDocuments, TellHowToMigrate) {
  const auto made = init_documents(init_input(37, "apiVersion: kubeadm.k8s.io/v1beta3\nkind: X\n"));
  EXPECT_EQ(made.error().hint, "kubeadm config migrate --old-config my.yaml --new-config new.yaml makes it v1beta4");
}

TEST(InitDocuments, RefuseWhatTheDialectCannotSay) {
  InitInput input = init_input(24, "apiVersion: kubeadm.k8s.io/v1beta2\nkind: InitConfiguration\n");
  input.node.patches = "/p";
  EXPECT_EQ(init_documents(input).error().code, ExitCode::usage);
  input.file.reset();
  EXPECT_TRUE(init_documents(input));
}

TEST(InitDocuments, RefuseSecretsOfAnotherShape) {
  const auto wrong = secret("not-a-secret");
  InitInput input = init_input(31);
  input.token = &wrong;
  EXPECT_EQ(init_documents(input).error().code, ExitCode::usage);
  input.token = nullptr;
  input.certificate_key = &wrong;
  EXPECT_EQ(init_documents(input).error().code, ExitCode::usage);
}

}  // namespace
}  // namespace kubeferry::kubeadm
