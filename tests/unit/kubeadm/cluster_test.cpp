// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/kubeadm/cluster.hpp>

#include <gmock/gmock.h>

#include "fake_host.hpp"
#include "json_stream.hpp"
#include "samples.hpp"

namespace kubeferry::kubeadm {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Program program(std::uint32_t minor) { return {.path = "kubeadm", .version = {minor, 2, ""}}; }

TEST(JsonStream, IsCutBetweenObjects) {
  EXPECT_THAT(split_json("{\"a\": \"}\\\"{\"}\n{\n \"b\": {}\n}\n"),
              ElementsAre("{\"a\": \"}\\\"{\"}", "{\n \"b\": {}\n}"));
  EXPECT_THAT(split_json(" \n"), testing::IsEmpty());
  EXPECT_THAT(split_json("{\"a\":"), ElementsAre("{\"a\":"));
}

TEST(Tokens, AreListedWithoutTheirSecret) {
  FakeHost fake;
  // As kubeadm 1.20 prints it: objects one behind the other.
  fake.runner().answer.out =
      "{\n    \"kind\": \"BootstrapToken\",\n    \"apiVersion\": \"output.kubeadm.k8s.io/v1alpha1\",\n"
      "    \"creationTimestamp\": null,\n    \"token\": \"abcdef.0123456789abcdef\",\n"
      "    \"description\": \"made by kubeferry init\",\n    \"ttl\": \"1h59m\",\n"
      "    \"expires\": \"2026-11-21T12:00:00Z\",\n    \"usages\": [\n        \"authentication\",\n"
      "        \"signing\"\n    ],\n    \"groups\": [\n        \"system:bootstrappers:kubeadm:default-node-token\"\n"
      "    ]\n}\n{\n    \"kind\": \"BootstrapToken\",\n    \"token\": \"ghijkl.0123456789abcdef\"\n}\n";
  const auto tokens = list_tokens(fake.host(), program(20));
  ASSERT_TRUE(tokens) << tokens.error().message;
  ASSERT_EQ(tokens->size(), 2U);
  EXPECT_EQ(tokens->at(0).id, "abcdef");
  EXPECT_EQ(tokens->at(0).description, "made by kubeferry init");
  EXPECT_EQ(tokens->at(0).expires.value(), parse_rfc3339("2026-11-21T12:00:00Z").value());
  EXPECT_THAT(tokens->at(0).usages, ElementsAre("authentication", "signing"));
  EXPECT_THAT(tokens->at(0).groups, ElementsAre("system:bootstrappers:kubeadm:default-node-token"));
  EXPECT_EQ(tokens->at(1).id, "ghijkl");
  EXPECT_FALSE(tokens->at(1).expires);
  EXPECT_THAT(fake.runner().commands.at(0).argv,
              ElementsAre("kubeadm", "token", "list", "-o", "json", "--kubeconfig", "/etc/kubernetes/admin.conf"));
}

TEST(Tokens, OddAnswersAreErrors) {
  FakeHost fake;
  for (const char* const odd : {"{}", "{\"token\": 1}", "{\"token\":", "{\"token\": \"a\", \"expires\": \"soon\"}"}) {
    fake.runner().answer.out = odd;
    const auto tokens = list_tokens(fake.host(), program(20));
    ASSERT_FALSE(tokens) << odd;
    EXPECT_EQ(tokens.error().code, ExitCode::format);
  }
  fake.runner().answer = {.exit_status = 1, .out = "", .err = "timed out waiting for the condition\n"};
  EXPECT_EQ(list_tokens(fake.host(), program(20)).error().message,
            "kubeadm token list ended with 1: timed out waiting for the condition");
}

TEST(Tokens, AreMadeByFile) {
  FakeHost fake;
  const auto token = secret(k_sample_token);
  const Status made = create_token(fake.host(), program(31),
                                   {.token = &token, .ttl = std::chrono::minutes(30), .description = "for: node 2"});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(
      fake.runner().config,
      "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"
      "localAPIEndpoint:\n  advertiseAddress: \"192.0.2.1\"\n"
      "nodeRegistration:\n  name: unused\n  criSocket: unix:///run/containerd/containerd.sock\n"
      "bootstrapTokens:\n  - token: abcdef.0123456789abcdef\n    description: \"for: node 2\"\n    ttl: \"1800s\"\n"
      "---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.31.2\n");
  EXPECT_EQ(fake.runner().config_mode, 0600U);
  EXPECT_THAT(fake.runner().commands.at(0).argv, Each(Not(HasSubstr("abcdef"))));
  EXPECT_TRUE(fake.left_nothing());
}

TEST(Tokens, GoByTheirPublicPart) {
  FakeHost fake;
  EXPECT_TRUE(delete_token(fake.host(), program(31), "abcdef"));
  EXPECT_THAT(fake.runner().commands.at(0).argv,
              ElementsAre("kubeadm", "token", "delete", "abcdef", "--kubeconfig", "/etc/kubernetes/admin.conf"));
  for (const std::string_view odd : {k_sample_token, std::string_view("--help"), std::string_view()}) {
    EXPECT_EQ(delete_token(fake.host(), program(31), odd).error().code, ExitCode::usage);
  }
  EXPECT_EQ(fake.runner().commands.size(), 1U);
}

TEST(Certificates, AreUploadedWithAKeyByFile) {
  FakeHost fake;
  const auto key = secret(k_sample_key);
  const Status done = upload_certificates(fake.host(), program(31), key,
                                          "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
                                          "certificatesDir: /pki\nkubernetesVersion: v1.31.2\n");
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(fake.runner().config,
              AllOf(HasSubstr("certificateKey: " + std::string(k_sample_key) + "\n---\n"),
                    HasSubstr("kind: ClusterConfiguration\ncertificatesDir: /pki\nkubernetesVersion: v1.31.2\n")));
  EXPECT_THAT(fake.runner().commands.at(0).argv, Each(Not(HasSubstr("e6a2eb"))));
  EXPECT_THAT(fake.runner().commands.at(0).argv, testing::Contains("--skip-certificate-key-print"));

  EXPECT_EQ(upload_certificates(fake.host(), program(31), secret("x"), "").error().code, ExitCode::usage);
  EXPECT_EQ(upload_certificates(fake.host(), program(31), key, "").error().code, ExitCode::usage);
}

TEST(Certificates, AreReadFromTheTable) {
  // As kubeadm 1.20.2 prints it.
  const auto found = parse_certificates(
      "[check-expiration] Reading configuration from the cluster...\n"
      "[check-expiration] FYI: You can look at this config file with 'kubectl -n kube-system get cm kubeadm-config -o "
      "yaml'\n\n"
      "CERTIFICATE                EXPIRES                  RESIDUAL TIME   CERTIFICATE AUTHORITY   EXTERNALLY MANAGED\n"
      "admin.conf                 Nov 01, 2027 10:15 UTC   364d                                    no      \n"
      "apiserver                  Feb 29, 2028 00:00 UTC   1y              ca                      yes     \n"
      "!MISSING! etcd-server                                                                               \n"
      "\n"
      "CERTIFICATE AUTHORITY   EXPIRES                  RESIDUAL TIME   EXTERNALLY MANAGED\n"
      "ca                      Dec 19, 2036 23:59 UTC   9y              no      \n"
      "!MISSING! front-proxy-ca                                                 \n");
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 5U);
  EXPECT_EQ(found->at(0).name, "admin.conf");
  EXPECT_EQ(found->at(0).expires.value(), parse_rfc3339("2027-11-01T10:15:00Z").value());
  EXPECT_FALSE(found->at(0).externally_managed);
  EXPECT_FALSE(found->at(0).authority);
  EXPECT_EQ(found->at(1).expires.value(), parse_rfc3339("2028-02-29T00:00:00Z").value());
  EXPECT_TRUE(found->at(1).externally_managed);
  EXPECT_EQ(found->at(2).name, "etcd-server");
  EXPECT_FALSE(found->at(2).expires);
  EXPECT_EQ(found->at(3).name, "ca");
  EXPECT_TRUE(found->at(3).authority);
  EXPECT_EQ(found->at(4).name, "front-proxy-ca");
  EXPECT_TRUE(found->at(4).authority);
}

TEST(Certificates, OddTablesAreErrors) {
  for (const char* const odd : {"", "CERTIFICATE   EXPIRES\n", "a   Xxx 01, 2027 10:15 UTC   1d\n",
                                "a   Feb 30, 2027 10:15 UTC   1d\n", "a   Nov 01, 2027 10:15 CET   1d\n"}) {
    EXPECT_EQ(parse_certificates(odd).error().code, ExitCode::format) << odd;
  }
}

}  // namespace
}  // namespace kubeferry::kubeadm
