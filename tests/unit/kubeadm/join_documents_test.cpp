// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <kubeferry/kubeadm/documents.hpp>

#include "samples.hpp"

namespace kubeferry::kubeadm {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string k_head = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n";

TEST(JoinDocuments, OfAWorker) {
  const auto token = secret(k_sample_token);
  JoinInput input = join_input(20, token);
  input.timeouts.discovery = std::chrono::seconds(60);
  const auto made = join_documents(input);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->text.view(),
            "apiVersion: kubeadm.k8s.io/v1beta2\n"
            "kind: JoinConfiguration\n"
            "discovery:\n"
            "  bootstrapToken:\n"
            "    apiServerEndpoint: \"10.0.0.1:6443\"\n"
            "    token: abcdef.0123456789abcdef\n"
            "    caCertHashes:\n"
            "      - sha256:3a4aa226e6cd6289ed7cd593b43991a7042e3769d5c4177101d76d4058369d0b\n"
            "  tlsBootstrapToken: abcdef.0123456789abcdef\n"
            "  timeout: \"60s\"\n"
            "nodeRegistration:\n"
            "  name: node-1\n"
            "  criSocket: unix:///run/containerd/containerd.sock\n"
            "  kubeletExtraArgs:\n"
            "    node-ip: \"10.0.0.1\"\n");
  EXPECT_FALSE(made->facts.control_plane);
  EXPECT_EQ(made->facts.api_server_endpoint, "10.0.0.1:6443");
  EXPECT_THAT(made->redacted, Not(HasSubstr("abcdef")));
}

TEST(JoinDocuments, OfAControlPlane) {
  const auto token = secret(k_sample_token);
  const auto key = secret(k_sample_key);
  JoinInput input = join_input(31, token);
  input.control_plane = JoinControlPlane{.certificate_key = &key};
  input.node.apiserver_bind_port = 7443;
  input.node.skip_phases = {"preflight"};
  input.timeouts.tls_bootstrap = std::chrono::seconds(60);
  const auto made = join_documents(input);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(std::string(made->text.view()),
              AllOf(HasSubstr("controlPlane:\n  localAPIEndpoint:\n    advertiseAddress: \"10.0.0.1\"\n"
                              "    bindPort: 7443\n  certificateKey: " +
                              std::string(k_sample_key) + "\n"),
                    HasSubstr("skipPhases:\n  - preflight\n"), HasSubstr("timeouts:\n  tlsBootstrap: \"60s\"\n")));
  EXPECT_TRUE(made->facts.control_plane);
  EXPECT_EQ(made->facts.bind_port, 7443);
  EXPECT_THAT(made->redacted, Not(HasSubstr("e6a2eb")));
}

TEST(JoinDocuments, TakeDiscoveryFromTheFile) {
  const auto token = secret(k_sample_token);
  JoinInput input = join_input(31, token);
  input.token = nullptr;
  input.api_server_endpoint.clear();
  input.ca_cert_hashes.clear();
  input.file =
      ConfigFile{"my.yaml", k_head +
                                "discovery: {bootstrapToken: {token: zzzzzz.zzzzzzzzzzzzzzzz, apiServerEndpoint: "
                                "\"a:6443\", caCertHashes: [\"" +
                                std::string(k_sample_hash) + "\"]}}\ncontrolPlane: {}\n"};
  const auto made = join_documents(input);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(std::string(made->text.view()), HasSubstr("tlsBootstrapToken: zzzzzz.zzzzzzzzzzzzzzzz\n"));
  EXPECT_EQ(made->facts.api_server_endpoint, "a:6443");
  EXPECT_TRUE(made->facts.control_plane);

  input.file->text = k_head + "discovery: {file: {kubeConfigPath: /etc/d.conf}}\n";
  EXPECT_TRUE(join_documents(input));
}

struct WrongJoin {
  std::string file;
  std::function<void(JoinInput&)> change;
  std::string message;
};

TEST(JoinDocuments, AreNeverWithoutVerification) {
  const auto token = secret(k_sample_token);
  const auto odd = secret("abcdef");
  const WrongJoin cases[] = {
      {"", [](JoinInput& input) { input.ca_cert_hashes.clear(); }, "nothing says which authority the cluster has"},
      {"discovery: {bootstrapToken: {caCertHashes: []}}\n", [](JoinInput& input) { input.ca_cert_hashes.clear(); },
       "nothing says which authority the cluster has"},
      {"discovery: {bootstrapToken: {unsafeSkipCAVerification: true}}\n", [](JoinInput&) {},
       "my.yaml:3:56: discovery.bootstrapToken.unsafeSkipCAVerification is never accepted"},
      {"discovery: {bootstrapToken: {unsafeSkipCAVerification: yes}}\n",
       [](JoinInput& input) { input.ca_cert_hashes.clear(); },
       "my.yaml:3:56: discovery.bootstrapToken.unsafeSkipCAVerification is never accepted"},
      {"", [](JoinInput& input) { input.ca_cert_hashes = {"sha256:00"}; },
       "sha256:00 is not the hash of a cluster's authority"},
      {"discovery: {bootstrapToken: {caCertHashes: [\"sha256:00\"]}}\n",
       [](JoinInput& input) { input.ca_cert_hashes.clear(); }, "sha256:00 is not the hash of a cluster's authority"},
      {"discovery: {bootstrapToken: {caCertHashes: [\"sha256:00\"]}}\n", [](JoinInput&) {},
       "my.yaml:3:44: discovery.bootstrapToken.caCertHashes is [sha256:00], but the cluster's is [sha256:3a4a"},
      {"", [](JoinInput& input) { input.token = nullptr; }, "nothing says which bootstrap token to use"},
      {"", [&](JoinInput& input) { input.token = &odd; }, "the bootstrap token is not of the form"},
      {"", [](JoinInput& input) { input.api_server_endpoint.clear(); },
       "nothing says where the cluster's API server is"},
      {"discovery: {bootstrapToken: {token: zzzzzz.zzzzzzzzzzzzzzzz}}\n", [](JoinInput&) {},
       "my.yaml:3:37: discovery.bootstrapToken.token is not what was given"},
      {"discovery: {bootstrapToken: {apiServerEndpoint: \"b:1\"}}\n", [](JoinInput&) {},
       "my.yaml:3:49: discovery.bootstrapToken.apiServerEndpoint is b:1, but the endpoint given is 10.0.0.1:6443"},
      {"discovery: {file: {kubeConfigPath: /d.conf}}\n", [](JoinInput&) {},
       "my.yaml:3:19: discovery.file excludes a token and an endpoint given otherwise"},
  };
  for (const WrongJoin& wrong : cases) {
    JoinInput input = join_input(31, token);
    input.file = ConfigFile{"my.yaml", k_head + wrong.file};
    wrong.change(input);
    const auto made = join_documents(input);
    ASSERT_FALSE(made) << wrong.message;
    EXPECT_EQ(made.error().code, ExitCode::usage);
    EXPECT_THAT(made.error().message, StartsWith(wrong.message));
    EXPECT_THAT(made.error().message, Not(HasSubstr("zzzzzz")));
  }
}

}  // namespace
}  // namespace kubeferry::kubeadm
