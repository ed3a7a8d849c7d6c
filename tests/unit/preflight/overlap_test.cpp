// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixture.hpp"

namespace kubeferry::preflight {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Finding> overlaps(const Facts& facts, const Question& question) {
  auto findings = check(facts, question);
  std::erase_if(findings, [](const Finding& finding) { return finding.name != "CidrOverlap"; });
  return findings;
}

Question question(std::vector<host::Cidr> pods, std::vector<host::Cidr> services) {
  Question question = good_question();
  question.pods = std::move(pods);
  question.services = std::move(services);
  return question;
}

TEST(Overlap, OfPodsAndServices) {
  const auto found = overlaps(good_facts(), question({cidr("10.96.0.0/16")}, {cidr("10.96.0.0/12")}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].what, HasSubstr("pods, 10.96.0.0/16, and services, 10.96.0.0/12"));
  EXPECT_EQ(found[0].fix, "--pod-network-cidr 10.244.0.0/16");
}

TEST(Overlap, WithAddresses) {
  const auto found = overlaps(good_facts(), question({cidr("192.0.0.0/16")}, {cidr("fd00:1::/108")}));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_THAT(found[0].what, HasSubstr("address 192.0.2.10"));
  EXPECT_EQ(found[0].fix, "--pod-network-cidr 10.244.0.0/16");
  EXPECT_THAT(found[1].what, HasSubstr("address fd00:1::10"));
  EXPECT_EQ(found[1].fix, "--service-cidr fd42:6b66::/108");
}

TEST(Overlap, WithRoutes) {
  Facts facts = good_facts();
  facts.network.routes.push_back({cidr("10.0.0.0/8"), "tun0", address("192.0.2.2")});
  const auto found = overlaps(facts, good_question());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_THAT(found[0].what, HasSubstr("the route to 10.0.0.0/8 on tun0"));
  EXPECT_EQ(found[0].fix, "--pod-network-cidr 172.30.0.0/16");
}

TEST(Overlap, ProposesNothingThatIsTaken) {
  Facts facts = good_facts();
  for (const char* const taken : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"}) {
    facts.network.routes.push_back({cidr(taken), "eth1", std::nullopt});
  }
  const auto found = overlaps(facts, question({cidr("10.1.0.0/16")}, {}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].fix, "give another network to --pod-network-cidr");
}

TEST(Overlap, WithWhatWasInstalledBefore) {
  Facts facts = good_facts();
  facts.network.routes.push_back({cidr("10.244.0.0/24"), "cni0", std::nullopt});
  facts.network.routes.push_back({cidr("10.244.1.0/24"), "flannel.1", address("10.244.1.0")});
  facts.network.addresses.push_back({"cni0", address("10.244.0.1")});
  // flannel.1's: the tables that are read name no interface for it.
  facts.network.addresses.push_back({"", address("10.244.0.0")});
  Question again = good_question();
  EXPECT_EQ(overlaps(facts, again).size(), 1U);
  again.ours = {"/usr/local/bin/kubelet"};
  EXPECT_EQ(overlaps(facts, again).size(), 1U);  // the address alone: no kubeadm of ours has run yet
  claim_cluster(again);
  EXPECT_THAT(overlaps(facts, again), IsEmpty());
  facts.network.routes.push_back({cidr("10.244.2.0/24"), "eth1", std::nullopt});
  EXPECT_EQ(overlaps(facts, again).size(), 1U);
}

TEST(Overlap, FamiliesDoNotMeet) {
  EXPECT_THAT(overlaps(good_facts(), question({cidr("10.244.0.0/16"), cidr("fd00:2::/64")},
                                              {cidr("10.96.0.0/12"), cidr("fd00:3::/108")})),
              IsEmpty());
}

}  // namespace
}  // namespace kubeferry::preflight
