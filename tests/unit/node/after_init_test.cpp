// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/after_init.hpp>

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/node/extra_manifests.hpp>
#include <kubeferry/node/kubectl.hpp>
#include <kubeferry/steps/basic_steps.hpp>

#include "fake_host.hpp"

namespace kubeferry::node {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* k_admin_conf_text = "a kubeconfig";

/// A host with an admin.conf and diff(1), whose kubectl answers `status` and `out`.
struct Cluster {
  explicit Cluster(int status = 0, std::string out = {})
      : host([this](const Command& command) {
          patience = command.timeout;
          return ProcessOutput{.exit_status = exit_status, .out = answer, .err = "a word of kubectl's"};
        }),
        exit_status(status),
        answer(std::move(out)) {
    host.write("/etc/kubernetes/admin.conf", k_admin_conf_text);
    host.write("/usr/bin/diff", "", true);
  }
  [[nodiscard]] bool satisfied(const steps::Step& step) const {
    const auto found = step.satisfied(host.host());
    return found && *found;
  }

  FakeHost host;
  int exit_status;
  std::string answer;
  std::chrono::milliseconds patience{};
};

TEST(Untaint, IsDoneWhenTheNodeHasNeitherTaint) {
  Cluster cluster(0, "example.com/other");
  EXPECT_TRUE(cluster.satisfied(*untaint("kubectl", "cp1")));
  Cluster tainted(0, "example.com/other node-role.kubernetes.io/master");
  EXPECT_FALSE(tainted.satisfied(*untaint("kubectl", "cp1")));
}

TEST(Untaint, AnApiServerThatDoesNotAnswerHasNotSaidThatThereIsNoTaint) {
  Cluster silent(1);
  const auto step = untaint("kubectl", "cp1");
  EXPECT_FALSE(silent.satisfied(*step));
  const Status done = step->apply(silent.host.host());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "kubectl get: a word of kubectl's");
}

TEST(Untaint, TakesOursAwayAndLeavesOthers) {
  Cluster tainted(0, "example.com/other node-role.kubernetes.io/master node-role.kubernetes.io/control-plane");
  ASSERT_TRUE(untaint("kubectl", "cp1")->apply(tainted.host.host()));
  EXPECT_THAT(tainted.host.ran(), Contains(EndsWith("taint nodes cp1 node-role.kubernetes.io/master-")));
  EXPECT_THAT(tainted.host.ran(), Contains(EndsWith("taint nodes cp1 node-role.kubernetes.io/control-plane-")));
  EXPECT_EQ(tainted.host.ran().size(), 3U);
}

TEST(PodNetwork, IsThereWhenKubectlFindsNoDifference) {
  const auto step = pod_network("kubectl", "flannel", "kind: DaemonSet");
  EXPECT_TRUE(Cluster(0).satisfied(*step));
  EXPECT_FALSE(Cluster(1).satisfied(*step));  // differs
  EXPECT_FALSE(Cluster(2).satisfied(*step));  // cannot tell
}

TEST(ExtraManifest, IsAppliedAsAPodNetworkIs) {
  const auto step = extra_manifest("kubectl", "ingress", "kind: Deployment");
  EXPECT_EQ(step->summary(), "apply the manifest ingress");
  EXPECT_TRUE(Cluster(0).satisfied(*step));
  EXPECT_FALSE(Cluster(1).satisfied(*step));
  Cluster cluster;
  ASSERT_TRUE(step->apply(cluster.host.host()));
  EXPECT_THAT(cluster.host.ran(), Contains(HasSubstr("apply")));
}

TEST(PodNetwork, IsAskedForObjectByObjectOnASlowMachineToo) {
  Cluster cluster;
  EXPECT_TRUE(cluster.satisfied(*pod_network("kubectl", "flannel", "kind: DaemonSet")));
  EXPECT_GE(cluster.patience, std::chrono::minutes(5));
  EXPECT_THAT(cluster.host.ran(), ElementsAre(EndsWith("diff -f - --request-timeout=30s")));
}

TEST(PodNetwork, IsAppliedAsOne) {
  Cluster cluster;
  ASSERT_TRUE(pod_network("kubectl", "flannel", "kind: DaemonSet")->apply(cluster.host.host()));
  EXPECT_THAT(cluster.host.ran(), ElementsAre(EndsWith("apply -f - --request-timeout=30s")));
}

TEST(PodNetwork, KindsAreDefinedBeforeObjectsOfThem) {
  Cluster cluster;
  const std::string manifest =
      "kind: CustomResourceDefinition\nspec: {group: a.b, names: {kind: Net}}\n---\napiVersion: a.b/v1\nkind: Net\n";
  ASSERT_TRUE(pod_network("kubectl", "operator", manifest)->apply(cluster.host.host()));
  EXPECT_THAT(cluster.host.ran(),
              ElementsAre(HasSubstr("apply --server-side"), HasSubstr("wait --for=condition=Established"),
                          EndsWith("apply -f - --request-timeout=30s")));
}

TEST(PodNetwork, WithoutDiffItIsAppliedAgain) {
  FakeHost host;
  host.write("/etc/kubernetes/admin.conf", k_admin_conf_text);
  const auto found = pod_network("kubectl", "flannel", "kind: DaemonSet")->satisfied(host.host());
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
  EXPECT_TRUE(host.ran().empty());
}

TEST(KubectlTest, TheClustersConfigurationIsKubeadms) {
  Cluster cluster(0, "apiVersion: x\n");
  EXPECT_EQ(Kubectl(cluster.host.host(), "kubectl", "admin.conf").cluster_configuration().value(), "apiVersion: x\n");
  EXPECT_THAT(cluster.host.ran(),
              ElementsAre(AllOf(HasSubstr("get configmap kubeadm-config"), HasSubstr(std::string(k_kubectl_cache)))));
}

TEST(PersistentKubectl, AsksAgainWhereNobodyAnswered) {
  int asked = 0;
  std::string complaint =
      "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?\n";
  const FakeHost host([&](const Command&) {
    return ++asked < 3 ? ProcessOutput{.exit_status = 1, .err = complaint} : ProcessOutput{.out = "an answer"};
  });
  const Kubectl once(host.host(), "kubectl", "admin.conf");
  EXPECT_FALSE(once.get({"get", "nodes"}));
  EXPECT_EQ(asked, 1);
  const Kubectl persistent = once.persistent(3, std::chrono::milliseconds(1));
  EXPECT_EQ(persistent.get({"get", "nodes"}).value(), "an answer");
  EXPECT_EQ(asked, 3);
  asked = -10;
  const auto never = persistent.get({"get", "nodes"});
  ASSERT_FALSE(never);
  EXPECT_THAT(never.error().message, StartsWith("kubectl get: The connection to the server"));
  EXPECT_EQ(asked, -7);
}

TEST(PersistentKubectl, ARefusalIsAnAnswer) {
  int asked = 0;
  const FakeHost host([&](const Command&) {
    ++asked;
    return ProcessOutput{.exit_status = 1, .err = "Error from server (NotFound): nodes \"cp9\" not found\n"};
  });
  EXPECT_FALSE(Kubectl(host.host(), "kubectl", "admin.conf").persistent(3, std::chrono::milliseconds(1)).get({"get"}));
  EXPECT_EQ(asked, 1);
}

TEST(WaitUntil, AsksLessOftenWhereTheAnswerTakesLong) {
  int questions = 0;
  const auto slow = [&]() -> Result<std::string> {
    ++questions;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return std::string("not yet");
  };
  const Status waited = wait_until(slow, std::chrono::seconds(1), std::chrono::milliseconds(1), {}, {});
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().message, "not ready after 1 s: not yet");
  EXPECT_LE(questions, 3);  // five without a pause
}

TEST(WaitUntil, AStopEndsThePause) {
  std::stop_source stop;
  const auto pending = [&]() -> Result<std::string> { return std::string("not yet"); };
  const auto start = std::chrono::steady_clock::now();
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop.request_stop();
  });
  const Status waited = wait_until(pending, std::chrono::hours(1), std::chrono::minutes(10), stop.get_token(), {});
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code, ExitCode::interrupted);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::minutes(5));
}

}  // namespace
}  // namespace kubeferry::node
