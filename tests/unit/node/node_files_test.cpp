// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/node_files.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_host.hpp"

namespace kubeferry::node {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<bundle::FileRow> rows() {
  return {{.platform = "linux/amd64", .path = "/usr/local/bin/kubelet", .mode = 0755, .component = "kubelet"},
          {.platform = "linux/arm64", .path = "/usr/local/bin/kubelet", .mode = 0755, .component = "kubelet"},
          {.platform = "linux/amd64", .path = "/usr/local/bin/containerd", .mode = 0755, .component = "containerd"},
          {.platform = "linux/amd64", .path = "/usr/local/bin/ctr", .mode = 0755, .component = "containerd"},
          {.platform = "linux/amd64", .path = "/usr/local/sbin/runc", .mode = 0755, .component = "runc"},
          // Carried for other hosts: what is installed is the program that runs.
          {.platform = "linux/amd64", .path = "/usr/local/bin/kubeferry", .mode = 0755, .component = "kubeferry"},
          {.platform = "linux/amd64", .path = "/opt/cni/bin/bridge", .mode = 0755, .component = "cni-plugins"}};
}

NodeFiles files_for(const FakeHost& fake, const std::string& answer) {
  return node_files(
      fake.host(), rows(), [](const crypto::Digest&) { return 1U; }, "linux/amd64", "v1.20.2",
      [](const crypto::Digest&) -> Result<std::unique_ptr<Source>> { return fail(ExitCode::bug, "not asked for"); },
      [answer](const std::string&) { return answer; });
}

std::vector<std::string> targets(const NodeFiles& files) {
  std::vector<std::string> out;
  for (const auto& step : files.plan) {
    out.push_back(step->target());
  }
  return out;
}

TEST(NodeFiles, ABareHostGetsAllOfItsPlatform) {
  const FakeHost fake;
  const auto files = files_for(fake, "");
  EXPECT_THAT(targets(files), ElementsAre("/usr/local/bin/kubelet", "/usr/local/bin/containerd", "/usr/local/bin/ctr",
                                          "/usr/local/sbin/runc", "/opt/cni/bin/bridge"));
  EXPECT_THAT(files.kept, IsEmpty());
  EXPECT_EQ(files.programs.at("ctr"), "/usr/local/bin/ctr");
}

TEST(NodeFiles, AFittingContainerdOfTheDistributionIsKeptWithItsRunc) {
  const FakeHost fake;
  for (const auto* path : {"/usr/bin/containerd", "/usr/bin/ctr", "/usr/sbin/runc"}) {
    fake.write(path, "x", true);
  }
  const auto files = files_for(fake, "1.6.20");
  EXPECT_THAT(targets(files), ElementsAre("/usr/local/bin/kubelet", "/opt/cni/bin/bridge"));
  EXPECT_THAT(files.kept, ElementsAre(HasSubstr("/usr/bin/containerd (1.6.20)"), HasSubstr("/usr/sbin/runc")));
  EXPECT_EQ(files.programs.at("ctr"), "/usr/bin/ctr");
  EXPECT_EQ(files.programs.at("runc"), "/usr/sbin/runc");
}

TEST(NodeFiles, OneThatIsTooOldIsNot) {
  const FakeHost fake;
  fake.write("/usr/bin/containerd", "x", true);
  fake.write("/usr/bin/kubelet", "x", true);
  const auto files = files_for(fake, "1.5.9");
  EXPECT_THAT(files.kept, IsEmpty());
  EXPECT_EQ(files.programs.at("containerd"), "/usr/local/bin/containerd");
}

TEST(NodeFiles, KubernetesProgramsFitInTheirExactVersionOnly) {
  const FakeHost fake;
  fake.write("/usr/bin/kubelet", "x", true);
  EXPECT_EQ(files_for(fake, "1.20.2").programs.at("kubelet"), "/usr/bin/kubelet");
  EXPECT_EQ(files_for(fake, "1.20.3").programs.at("kubelet"), "/usr/local/bin/kubelet");
}

TEST(ProgramVersion, InWhateverItPrints) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3\n", "1.6.20"},
      {"containerd containerd.io v2.1.4 75cb2b7193e4e490e9fbdc236c0e811ccaba3376\n", "2.1.4"},
      {"runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\nspec: 1.0.2-dev\n", "1.1.5"},
      {"Kubernetes v1.20.2\n", "1.20.2"},
      {"Client Version: version.Info{Major:\"1\", GitVersion:\"v1.20.2\"}\n", "1.20.2"},
      {"crictl version v1.20.0\n", "1.20.0"},
      {"crictl version unknown\n", ""},
      {"v1.34.2\n", "1.34.2"}};
  for (const auto& [printed, version] : cases) {
    const FakeHost fake([&printed = printed](const Command&) { return ProcessOutput{.out = printed}; });
    EXPECT_EQ(program_version(fake.host(), "/usr/bin/x"), version) << printed;
  }
}

TEST(ProgramVersion, NoneOfAProgramThatFails) {
  const FakeHost fake([](const Command&) { return ProcessOutput{.exit_status = 1, .out = "v1.2.3"}; });
  EXPECT_EQ(program_version(fake.host(), "/usr/bin/kubeadm"), "");
  EXPECT_THAT(fake.ran(), ElementsAre("/usr/bin/kubeadm version -o short"));
}

}  // namespace
}  // namespace kubeferry::node
