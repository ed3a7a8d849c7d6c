// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <kubeferry/catalog/catalog.hpp>
#include <kubeferry/kubeadm/documents.hpp>

#include "samples.hpp"

namespace kubeferry::kubeadm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string text_of(const InitInput& input) {
  const auto made = init_documents(input);
  return made ? std::string(made->text.view()) : made.error().message;
}

TEST(ApiVersion, IsWhatTheCatalogSays) {
  const auto catalog = catalog::Catalog::builtin().value();
  for (const catalog::MinorRelease& release : catalog.minors) {
    std::vector<std::string> names;
    for (const ApiVersion version : readable_versions({release.minor, 0, ""})) {
      names.emplace_back(to_string(version));
    }
    EXPECT_EQ(names, release.kubeadm_api) << release.minor;
  }
  EXPECT_THAT(readable_versions({14, 0, ""}), IsEmpty());
}

TEST(InitDocuments, OfTheOldestDialect) {
  InitInput input = init_input(20);
  input.timeouts.control_plane = std::chrono::seconds(300);
  input.node.skip_phases = {"addon/kube-proxy", "mark-control-plane"};
  input.node.patches = "/etc/patches";
  const auto made = init_documents(input);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->text.view(),
            "apiVersion: kubeadm.k8s.io/v1beta2\n"
            "kind: InitConfiguration\n"
            "localAPIEndpoint:\n"
            "  advertiseAddress: \"10.0.0.1\"\n"
            "nodeRegistration:\n"
            "  name: node-1\n"
            "  criSocket: unix:///run/containerd/containerd.sock\n"
            "  kubeletExtraArgs:\n"
            "    node-ip: \"10.0.0.1\"\n"
            "---\n"
            "apiVersion: kubeadm.k8s.io/v1beta2\n"
            "kind: ClusterConfiguration\n"
            "kubernetesVersion: v1.20.2\n"
            "networking:\n"
            "  podSubnet: \"10.244.0.0/16\"\n"
            "  serviceSubnet: \"10.96.0.0/12\"\n"
            "apiServer:\n"
            "  timeoutForControlPlane: \"300s\"\n"
            "---\n"
            "apiVersion: kubelet.config.k8s.io/v1beta1\n"
            "kind: KubeletConfiguration\n"
            "cgroupDriver: systemd\n");
  EXPECT_THAT(made->arguments,
              ElementsAre("--skip-phases=addon/kube-proxy,mark-control-plane", "--experimental-patches=/etc/patches"));
  EXPECT_THAT(made->facts.skip_phases, ElementsAre("addon/kube-proxy", "mark-control-plane"));
}

TEST(InitDocuments, OfTheMiddleDialect) {
  const auto token = secret(k_sample_token);
  const auto key = secret(k_sample_key);
  const auto made = init_documents(full_init_input(30, token, key));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->text.view(),
            "apiVersion: kubeadm.k8s.io/v1beta3\n"
            "kind: InitConfiguration\n"
            "localAPIEndpoint:\n"
            "  advertiseAddress: \"10.0.0.2\"\n"
            "  bindPort: 7443\n"
            "nodeRegistration:\n"
            "  name: cp-1\n"
            "  criSocket: unix:///run/crio/crio.sock\n"
            "  ignorePreflightErrors:\n"
            "    - Swap\n"
            "    - NumCPU\n"
            "  imagePullPolicy: IfNotPresent\n"
            "  kubeletExtraArgs:\n"
            "    node-ip: \"10.0.0.1\"\n"
            "  taints: []\n"
            "skipPhases:\n"
            "  - addon/kube-proxy\n"
            "  - preflight\n"
            "patches:\n"
            "  directory: /etc/kubernetes/patches\n"
            "bootstrapTokens:\n"
            "  - token: abcdef.0123456789abcdef\n"
            "    description: \"made by kubeferry init\"\n"
            "    ttl: \"7200s\"\n"
            "certificateKey: e6a2eb8581237ab72a4f494f30285ec12a9694d750b9785706a83bfcbbbd2204\n"
            "---\n"
            "apiVersion: kubeadm.k8s.io/v1beta3\n"
            "kind: ClusterConfiguration\n"
            "kubernetesVersion: v1.30.2\n"
            "controlPlaneEndpoint: api.example.org:443\n"
            "networking:\n"
            "  podSubnet: \"10.9.0.0/16,fd00:9::/56\"\n"
            "  serviceSubnet: \"10.8.0.0/16,fd00:8::/112\"\n"
            "  dnsDomain: site.local\n"
            "imageRepository: registry.local:5000/k8s\n"
            "apiServer:\n"
            "  certSANs:\n"
            "    - api.example.org\n"
            "    - \"192.168.1.1\"\n"
            "  timeoutForControlPlane: \"360s\"\n"
            "---\n"
            "apiVersion: kubelet.config.k8s.io/v1beta1\n"
            "kind: KubeletConfiguration\n"
            "cgroupDriver: systemd\n");
  EXPECT_THAT(made->arguments, ElementsAre("--upload-certs"));
}

TEST(InitDocuments, OfTheNewestDialect) {
  const auto token = secret(k_sample_token);
  const auto key = secret(k_sample_key);
  const auto made = init_documents(full_init_input(37, token, key));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(
      std::string(made->text.view()),
      AllOf(HasSubstr("apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"),
            HasSubstr("  kubeletExtraArgs:\n    - name: node-ip\n      value: \"10.0.0.1\"\n"),
            HasSubstr("timeouts:\n"
                      "  controlPlaneComponentHealthCheck: \"360s\"\n"
                      "  kubeletHealthCheck: \"300s\"\n"
                      "  kubernetesAPICall: \"90s\"\n"
                      "  etcdAPICall: \"180s\"\n"
                      "  tlsBootstrap: \"420s\"\n"
                      "  discovery: \"480s\"\n"),
            HasSubstr("cgroupDriver: systemd\nfailCgroupV1: false\n"), Not(HasSubstr("timeoutForControlPlane"))));
}

TEST(InitDocuments, AllowCgroupV1WhereKubeletAsks) {
  for (const std::uint32_t minor : {30U, 31U}) {
    InitInput input = init_input(minor);
    EXPECT_THAT(text_of(input), Not(HasSubstr("failCgroupV1")));
    input.allow_cgroup_v1 = true;
    EXPECT_EQ(text_of(input).find("failCgroupV1: false") != std::string::npos, minor == 31);
  }
}

TEST(InitDocuments, SayWhatHoldsInEffect) {
  const auto token = secret(k_sample_token);
  const auto key = secret(k_sample_key);
  const Facts facts = std::move(init_documents(full_init_input(34, token, key)).value().facts);
  EXPECT_EQ(facts.api_version, ApiVersion::v1beta4);
  EXPECT_EQ(facts.node_name, "cp-1");
  EXPECT_EQ(facts.cri_socket, "unix:///run/crio/crio.sock");
  EXPECT_EQ(facts.advertise_address, "10.0.0.2");
  EXPECT_EQ(facts.bind_port, 7443);
  EXPECT_EQ(facts.control_plane_endpoint, "api.example.org:443");
  EXPECT_THAT(facts.pod_subnets, ElementsAre("10.9.0.0/16", "fd00:9::/56"));
  EXPECT_THAT(facts.service_subnets, ElementsAre("10.8.0.0/16", "fd00:8::/112"));
  EXPECT_EQ(facts.image_repository, "registry.local:5000/k8s");
  EXPECT_EQ(facts.dns_domain, "site.local");
  EXPECT_THAT(facts.cert_sans, ElementsAre("api.example.org", "192.168.1.1"));
  EXPECT_THAT(facts.ignore_preflight_errors, ElementsAre("Swap", "NumCPU"));
  EXPECT_THAT(facts.skip_phases, ElementsAre("addon/kube-proxy", "preflight"));
}

TEST(InitDocuments, SayWhatTheFileSays) {
  const auto made = init_documents(init_input(
      22,
      "apiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterConfiguration\nclusterName: site\ncertificatesDir: /pki\n"
      "etcd: {external: {endpoints: [\"https://e:2379\"], caFile: a, certFile: b, keyFile: c}}\n---\n"
      "apiVersion: kubeadm.k8s.io/v1beta2\nkind: InitConfiguration\n"
      "nodeRegistration: {criSocket: /run/x.sock, name: mine}\n"
      "localAPIEndpoint: {advertiseAddress: 10.0.0.7, bindPort: 443}\n---\n"
      "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\n"
      "failCgroupV1: false\ncgroupDriver: cgroupfs\n"));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->facts.api_version, ApiVersion::v1beta2) << "1.22 reads the file's version";
  EXPECT_EQ(made->facts.cluster_name, "site");
  EXPECT_EQ(made->facts.certificates_dir, "/pki");
  EXPECT_TRUE(made->facts.external_etcd);
  EXPECT_EQ(made->facts.etcd_data_dir, "");
  EXPECT_EQ(made->facts.cri_socket, "unix:///run/x.sock");
  EXPECT_EQ(made->facts.node_name, "mine");
  EXPECT_EQ(made->facts.advertise_address, "10.0.0.7");
  EXPECT_EQ(made->facts.bind_port, 443);
  EXPECT_FALSE(made->facts.fail_swap_on);
  EXPECT_FALSE(made->facts.fail_cgroup_v1);
  EXPECT_EQ(made->facts.cgroup_driver, "cgroupfs");
}

TEST(InitDocuments, HaveKubeadmsDefaults) {
  const Facts facts = std::move(init_documents(init_input(31)).value().facts);
  EXPECT_EQ(facts.bind_port, 6443);
  EXPECT_TRUE(facts.fail_cgroup_v1);
  EXPECT_EQ(facts.control_plane_endpoint, "");
  EXPECT_EQ(facts.dns_domain, "cluster.local");
  EXPECT_EQ(facts.cluster_name, "kubernetes");
  EXPECT_EQ(facts.certificates_dir, "/etc/kubernetes/pki");
  EXPECT_EQ(facts.etcd_data_dir, "/var/lib/etcd");
  EXPECT_EQ(facts.image_repository, "");
  EXPECT_FALSE(facts.external_etcd);
  EXPECT_TRUE(facts.fail_swap_on);
}

TEST(InitDocuments, KeepWhatTheUserWrote) {
  const std::string text = text_of(init_input(31,
                                              "# my cluster\n"
                                              "apiVersion: kubeadm.k8s.io/v1beta4\n"
                                              "kind: ClusterConfiguration\n"
                                              "apiServer:\n"
                                              "  extraArgs:\n"
                                              "    - {name: v, value: \"1\"}\n"
                                              "networking: {podSubnet: 10.1.0.0/16}\n"
                                              "somethingNew: {deep: [1, \"2\"]}\n"
                                              "---\n"
                                              "apiVersion: kubeproxy.config.k8s.io/v1alpha1\n"
                                              "kind: KubeProxyConfiguration\n"
                                              "conntrack: {maxPerCore: 0, min: null}\n"
                                              "iptables: {syncPeriod: 0.9}\n"));
  EXPECT_THAT(text, HasSubstr("apiServer:\n  extraArgs:\n    - name: v\n      value: \"1\"\n"
                              "networking:\n  podSubnet: 10.1.0.0/16\n  serviceSubnet: \"10.96.0.0/12\"\n"));
  EXPECT_THAT(text, HasSubstr("kind: KubeProxyConfiguration\nconntrack:\n  maxPerCore: 0\n  min: null\n"
                              "iptables:\n  syncPeriod: 0.9\n"));
}

TEST(InitDocuments, FillOnlyWhatIsUnset) {
  const std::string text = text_of(init_input(31,
                                              "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"
                                              "nodeRegistration:\n  name: \"\"\n  imagePullPolicy: Never\n"
                                              "  kubeletExtraArgs:\n    - name: node-ip\n      value: 10.0.0.9\n"
                                              "bootstrapTokens:\nlocalAPIEndpoint:\n"));
  EXPECT_THAT(text, AllOf(HasSubstr("  name: node-1\n  imagePullPolicy: Never\n"), HasSubstr("value: 10.0.0.9"),
                          Not(HasSubstr("value: \"10.0.0.1\"")), HasSubstr("advertiseAddress: \"10.0.0.1\"")));
}

TEST(InitDocuments, AddTheirTokenToTheUsers) {
  const auto token = secret(k_sample_token);
  InitInput input = init_input(31,
                               "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"
                               "bootstrapTokens: [{token: zzzzzz.zzzzzzzzzzzzzzzz, ttl: 0s}]\n");
  input.token = &token;
  const auto made = init_documents(input);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(std::string(made->text.view()),
              HasSubstr("  - token: zzzzzz.zzzzzzzzzzzzzzzz\n    ttl: 0s\n  - token: abcdef.0123456789abcdef\n"));
  EXPECT_THAT(made->redacted, AllOf(HasSubstr("  - token: (secret)\n    ttl: 0s\n  - token: (secret)\n"),
                                    Not(HasSubstr("zzzzzz.")), Not(HasSubstr("abcdef."))));
}

TEST(InitDocuments, AcceptTheSameSaidTwice) {
  InitInput input = init_input(31,
                               "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
                               "kubernetesVersion: 1.31.2\nnetworking: {podSubnet: '10.1.0.0/16'}\n"
                               "apiServer: {certSANs: [a, b]}\n---\n"
                               "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"
                               "nodeRegistration: {criSocket: /run/x.sock}\nlocalAPIEndpoint: {bindPort: 443}\n");
  input.cluster.pod_network_cidr = "10.1.0.0/16";
  input.cluster.apiserver_cert_extra_sans = {"a", "b"};
  input.node.cri_socket = "unix:///run/x.sock";
  input.node.apiserver_bind_port = 443;
  const auto made = init_documents(input);
  EXPECT_TRUE(made) << made.error().message;
}

TEST(InitDocuments, ARehearsalDiffersInWhatACopyCannotHaveAndSaysSo) {
  InitInput input =
      init_input(34,
                 "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncgroupDriver: systemd\n---\n"
                 "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\n"
                 "conntrack: {min: 0, maxPerCore: 32768}\n");
  EXPECT_THAT(text_of(input), HasSubstr("cgroupDriver: systemd"));
  EXPECT_THAT(init_documents(input)->changes, IsEmpty());
  input.rehearsal = true;
  const auto made = init_documents(input);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(std::string(made->text.view()), testing::AllOf(HasSubstr("cgroupDriver: cgroupfs"),
                                                             HasSubstr("maxPerCore: 0"), HasSubstr("mode: nftables")));
  EXPECT_EQ(made->facts.cgroup_driver, "cgroupfs");
  EXPECT_THAT(made->changes, ElementsAre(HasSubstr("cgroupDriver is"), HasSubstr("conntrack.maxPerCore is 0")));
  input.file.reset();
  EXPECT_THAT(init_documents(input)->changes, testing::SizeIs(3));
  EXPECT_THAT(text_of(input), HasSubstr("kind: KubeProxyConfiguration"));
}

}  // namespace
}  // namespace kubeferry::kubeadm
