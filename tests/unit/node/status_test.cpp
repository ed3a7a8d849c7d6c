// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <kubeferry/node/status.hpp>
#include <kubeferry/steps/basic_steps.hpp>

#include "fake_host.hpp"

namespace kubeferry::node {
namespace {

const TimePoint k_now = *parse_rfc3339("2026-11-21T12:00:00Z");

NodeStatus status_of(const FakeHost& fake) {
  const auto journal = steps::Journal::peek(fake.host());
  EXPECT_TRUE(journal);
  return status(fake.host(), *journal, k_now);
}

TEST(NodeStatus, NothingInstalled) {
  const FakeHost fake;
  const NodeStatus found = status_of(fake);
  EXPECT_FALSE(found.installed);
  EXPECT_TRUE(found.problems.empty());
  EXPECT_EQ(to_text(found, k_now), "kubeferry has changed nothing on this host\n");
  EXPECT_EQ(to_text(to_json(found)), R"({"installed":false})");
  EXPECT_TRUE(fake.ran().empty());
}

TEST(NodeStatus, UnfinishedRunSaysHowToGoOn) {
  const FakeHost fake;
  std::filesystem::create_directories(fake.host().at("/var/lib"));
  {
    auto journal = steps::Journal::open(fake.host());
    ASSERT_TRUE(journal);
    Json facts;
    facts.set("node", "n1").set("name", "site 1").set("kubernetes", "v1.34.2").set("criSocket", "unix:///x");
    ASSERT_TRUE(journal->start_run("init", facts, nullptr));
  }
  const NodeStatus found = status_of(fake);
  EXPECT_TRUE(found.installed);
  EXPECT_EQ(found.installation.node, "n1");
  EXPECT_EQ(found.installation.kubernetes, "v1.34.2");
  ASSERT_EQ(found.problems.size(), 1U);
  EXPECT_NE(found.problems[0].find("`kubeferry init`"), std::string::npos);
  EXPECT_NE(found.problems[0].find("`kubeferry reset`"), std::string::npos);
  EXPECT_FALSE(found.images.unchecked.empty());
  EXPECT_NE(to_text(found, k_now).find("PROBLEM"), std::string::npos);
}

TEST(NodeStatus, CertificatesThatExpire) {
  NodeStatus found;
  found.certificates = {{.name = "good", .expires = k_now + std::chrono::days(31)},
                        {.name = "soon", .expires = k_now + std::chrono::days(30)},
                        {.name = "over", .expires = k_now},
                        {.name = "absent"}};
  judge_certificates(found, k_now);
  ASSERT_EQ(found.warnings.size(), 1U);
  EXPECT_NE(found.warnings[0].find("soon"), std::string::npos);
  ASSERT_EQ(found.problems.size(), 1U);
  EXPECT_NE(found.problems[0].find("over expired"), std::string::npos);
}

TEST(NodeStatus, NodesAndPodsThatAreNotReady) {
  NodeStatus found;
  found.nodes = {{.name = "a", .ready = true}, {.name = "b", .reason = "NetworkPluginNotReady"}};
  found.pods = {{.name = "x/ready", .ready = true},
                {.name = "x/job", .finished = true},
                {.name = "x/bad", .reason = "ImagePullBackOff"}};
  judge_cluster(found);
  EXPECT_EQ(found.problems, (std::vector<std::string>{"node b is not Ready: NetworkPluginNotReady",
                                                      "Pod x/bad is not Ready: ImagePullBackOff"}));
}

}  // namespace
}  // namespace kubeferry::node
