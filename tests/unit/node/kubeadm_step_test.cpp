// SPDX-License-Identifier: Apache-2.0
#include "kubeadm_step.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/node/install.hpp>

#include "fake_host.hpp"

namespace kubeferry::node {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr const char* k_admin_conf = "/etc/kubernetes/admin.conf";
constexpr const char* k_kubelet_conf = "/etc/kubernetes/kubelet.conf";
constexpr const char* k_ca_file = "/etc/kubernetes/pki/ca.crt";
constexpr const char* k_log = "/var/lib/kubeferry/kubeadm/init.log";

/// A host whose kubeadm is a few lines: init writes what the real one writes first and last, reset takes it away.
struct KubeadmStep : testing::Test {
  KubeadmStep() : fake([this](const Command& command) { return kubeadm(command); }) {
    std::filesystem::create_directories(fake.host().at(k_kubeadm_directory));
    fake.write("/usr/local/bin/kubeadm", "", true);
  }

  ProcessOutput kubeadm(const Command& command) {
    if (!command.argv.front().ends_with("kubeadm")) {
      return {};
    }
    if (command.argv[1] == "reset") {
      std::filesystem::remove_all(fake.host().at("/etc/kubernetes"));
      return {.exit_status = reset_status};
    }
    fake.write(k_ca_file, "kubeadm's");
    if (exit_status == 0) {
      fake.write(k_kubelet_conf, "");
      fake.write(k_admin_conf, "");
    }
    if (command.on_output) {
      command.on_output(output);
    }
    return {.exit_status = exit_status, .out = output};
  }

  [[nodiscard]] std::unique_ptr<const steps::Step> step() const {
    return kubeadm_step(
        {.verb = KubeadmRun::Verb::init,
         .program = {.path = "/usr/local/bin/kubeadm", .version = catalog::KubernetesVersion::parse("v1.30.0").value()},
         .configuration = "/var/lib/kubeferry/kubeadm/init.yaml",
         .cri_socket = "unix:///run/containerd/containerd.sock",
         .certificates_dir = "/etc/kubernetes/pki",
         .log = k_log,
         .timeout = std::chrono::seconds(1),
         .elsewhere = elsewhere,
         .talk = {.program = [this](std::string_view piece) { seen += piece; }}});
  }
  [[nodiscard]] bool satisfied() const { return step()->satisfied(fake.host()).value(); }
  /// What was asked of kubeadm: "init", "reset".
  [[nodiscard]] std::vector<std::string> verbs() const {
    std::vector<std::string> out;
    for (const auto& line : fake.ran()) {
      if (line.starts_with("/usr/local/bin/kubeadm ")) {
        const auto rest = line.substr(line.find(' ') + 1);
        out.push_back(rest.substr(0, rest.find(' ')));
      }
    }
    return out;
  }
  Status undo(const Json& prior) {
    steps::Undoers undoers;
    add_kubeadm_undoer(undoers, {});
    steps::Backups backups(fake.host());
    return undoers.at("kubeadm")(fake.host(), {.kind = "kubeadm", .target = "init", .prior = prior}, backups,
                                 [this](std::string_view line) { warned.emplace_back(line); });
  }
  [[nodiscard]] Json captured() const {
    steps::Backups backups(fake.host());
    return step()->capture(fake.host(), backups).value();
  }

  FakeHost fake;
  int exit_status = 0;
  int reset_status = 0;
  std::string output = "[init] Using Kubernetes version: v1.30.0\n";
  mutable std::string seen;
  std::vector<std::string> warned;
  std::shared_ptr<std::chrono::steady_clock::duration> elsewhere =
      std::make_shared<std::chrono::steady_clock::duration>();
};

TEST_F(KubeadmStep, ItIsDoneWhenKubeadmCameToItsEnd) {
  EXPECT_FALSE(satisfied());
  const Status done = step()->apply(fake.host());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_TRUE(satisfied());
  EXPECT_THAT(verbs(), ElementsAre("init"));
  EXPECT_EQ(fake.host().text(k_log), output);
  EXPECT_EQ(seen, output);
  EXPECT_GT(elsewhere->count(), 0);
}

TEST_F(KubeadmStep, WhatKubeadmWritesBeforeItsEndDoesNotCount) {
  fake.write(k_kubelet_conf, "");
  EXPECT_FALSE(satisfied());
}

TEST_F(KubeadmStep, AFailureIsExplainedAndSaysHowToGoOn) {
  exit_status = 1;
  output =
      "[wait-control-plane] Waiting\n\terror execution phase wait-control-plane: couldn't initialize a Kubernetes "
      "cluster\n";
  const Status done = step()->apply(fake.host());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ExitCode::io);
  EXPECT_THAT(done.error().message, StartsWith("kubeadm init ended with 1"));
  EXPECT_THAT(done.error().hint,
              AllOf(HasSubstr(k_log), HasSubstr("run the same command again"), HasSubstr("`kubeferry reset`")));
  EXPECT_THAT(fake.host().text(k_log).value_or(""), HasSubstr("wait-control-plane"));
  EXPECT_FALSE(satisfied());
}

TEST_F(KubeadmStep, ANodeThatTheClusterHasNotMissedYetIsToldToWait) {
  exit_status = 1;
  output =
      "error execution phase kubelet-start: a Node with name \"w1\" and status \"Ready\" already exists in the "
      "cluster. "
      "You must delete the existing Node or change the name of this new joining Node\n";
  const Status done = step()->apply(fake.host());
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().hint, AllOf(HasSubstr("wait a minute"), HasSubstr("--node-name"), HasSubstr(k_log)));
}

TEST_F(KubeadmStep, WhatAnEarlierTryLeftIsResetAndTheSitesFilesComeBack) {
  fake.write("/etc/kubernetes/manifests/own.yaml", "a static Pod of the site's");
  exit_status = 1;
  ASSERT_FALSE(step()->apply(fake.host()));
  exit_status = 0;
  ASSERT_TRUE(step()->apply(fake.host()));
  EXPECT_THAT(verbs(), ElementsAre("init", "reset", "init"));
  EXPECT_EQ(fake.host().text("/etc/kubernetes/manifests/own.yaml"), "a static Pod of the site's");
}

TEST_F(KubeadmStep, AClusterThatKubeadmNeverMadeIsNotReset) {
  const Json prior = captured();
  fake.write(k_admin_conf, "somebody else's");
  ASSERT_TRUE(undo(prior));
  EXPECT_THAT(verbs(), IsEmpty());
}

TEST_F(KubeadmStep, UndoIsKubeadmsResetAndWhatItLeaves) {
  const Json prior = captured();
  ASSERT_TRUE(step()->apply(fake.host()));
  fake.write("/var/lib/etcd/member/snap/db", "");
  ASSERT_TRUE(undo(prior));
  EXPECT_THAT(verbs(), ElementsAre("init", "reset"));
  EXPECT_FALSE(fake.host().exists("/var/lib/etcd"));
  EXPECT_FALSE(fake.host().exists("/etc/kubernetes"));
  EXPECT_THAT(warned, IsEmpty());
}

TEST_F(KubeadmStep, AResetThatFailsIsAWarning) {
  const Json prior = captured();
  ASSERT_TRUE(step()->apply(fake.host()));
  reset_status = 1;
  ASSERT_TRUE(undo(prior));
  EXPECT_THAT(warned, ElementsAre(StartsWith("kubeadm reset ended with 1")));
}

}  // namespace
}  // namespace kubeferry::node
