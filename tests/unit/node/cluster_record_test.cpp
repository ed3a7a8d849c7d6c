// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/cluster_record.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kubeferry/node/after_init.hpp>

#include "fake_host.hpp"

namespace kubeferry::node {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* k_program = "/usr/local/bin/kubectl";

ServingNode serving(const std::string& node, const std::string& host) {
  return {node, {.host = host, .prefix = "", .plain_http = false}, "PEM of " + node + "\n"};
}

/// Two control planes; what kubectl is asked to store is kept.
struct ClusterRecordTest : ::testing::Test {
  ClusterRecord record{.bundle_manifest = "sha256:aa",
                       .serving = {serving("cp1", "10.0.0.1:5000"), serving("cp2", "10.0.0.2:5000")}};
  std::string applied;
  bool answers = true;
  std::vector<std::string> said;
  FakeHost fake{[this](const Command& command) -> ProcessOutput {
    if (!answers) {
      return {.exit_status = 1, .out = {}, .err = "connection refused\n"};
    }
    if (command.argv[3] == "apply") {
      applied = std::string(command.input);
    }
    return {.out = to_text(to_json(record))};
  }};

  ClusterRecordTest() {
    fake.write(k_program, "", true);
    fake.write(std::string(k_admin_conf), "");
  }
  void forget(const std::string& node) {
    steps::Backups backups(fake.host());
    steps::Entry entry{.kind = "cluster-record", .target = node};
    entry.prior.set("kubectl", k_program);
    const auto done =
        forget_serving(fake.host(), entry, backups, [&](std::string_view line) { said.emplace_back(line); });
    EXPECT_TRUE(done);
  }
};

TEST_F(ClusterRecordTest, IsReadAsItWasWritten) {
  const auto read = parse_cluster_record(to_text(to_json(record)));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->bundle_manifest, "sha256:aa");
  EXPECT_EQ(read->places(), record.places());
  EXPECT_EQ(read->authorities(), "PEM of cp1\nPEM of cp2\n");
}

TEST_F(ClusterRecordTest, PlacesAreNamedOnce) {
  record.serving.push_back(serving("cp3", "10.0.0.1:5000"));
  EXPECT_EQ(record.places().size(), 2U);
}

TEST_F(ClusterRecordTest, ANodeThatLeavesIsForgotten) {
  forget("cp2");
  EXPECT_THAT(applied, HasSubstr("10.0.0.1:5000"));
  EXPECT_THAT(applied, Not(HasSubstr("10.0.0.2:5000")));
  EXPECT_THAT(said, IsEmpty());
}

TEST_F(ClusterRecordTest, TheLastOneAndAStrangerChangeNothing) {
  forget("w1");
  record.serving.pop_back();
  forget("cp1");
  EXPECT_EQ(applied, "");
}

TEST_F(ClusterRecordTest, AClusterThatDoesNotAnswerIsAWarning) {
  answers = false;
  forget("cp2");
  EXPECT_THAT(said, ElementsAre(HasSubstr("still names cp2")));
}

TEST_F(ClusterRecordTest, WithoutAKubeconfigNobodyIsAsked) {
  std::filesystem::remove(fake.host().at(k_admin_conf));
  forget("cp2");
  EXPECT_THAT(fake.ran(), IsEmpty());
}

}  // namespace
}  // namespace kubeferry::node
