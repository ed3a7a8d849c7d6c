// SPDX-License-Identifier: Apache-2.0
#include "surroundings.hpp"

#include <gmock/gmock.h>

namespace kubeferry::rehearsal {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view k_ip =
    "2: ens3    inet 10.0.0.5/24 brd 10.0.0.255 scope global ens3\\       valid_lft forever preferred_lft forever\n"
    "2: ens3    inet6 fd00::5/64 scope global \\       valid_lft forever preferred_lft forever\n"
    "3: ens4    inet 192.0.2.5/24 brd 192.0.2.255 scope global ens4\\       valid_lft forever\n"
    "4: tun0    inet 172.16.0.2 peer 172.16.0.1/32 scope global tun0\\       valid_lft forever\n";

Plan placed(const Wants& wants) {
  Plan plan;
  place_in_network(wants, parse_addresses(k_ip), plan);
  return plan;
}

TEST(PlaceInNetwork, TheInterfaceOfTheAdvertisedAddress) {
  const Plan plan = placed({.advertise_address = "10.0.0.5"});
  EXPECT_EQ(plan.interface, "ens3");
  EXPECT_THAT(plan.addresses, ElementsAre("10.0.0.5/24", "fd00::5/64", "192.0.2.5/32", "172.16.0.2/32"));
  EXPECT_THAT(plan.hosts, IsEmpty());
}

TEST(PlaceInNetwork, ThisNodeAnswersForTheEndpoint) {
  EXPECT_EQ(placed({.advertise_address = "10.0.0.5", .endpoint = "api.site:6443"}).hosts, "10.0.0.5 api.site\n");
  EXPECT_EQ(placed({.advertise_address = "10.0.0.5", .endpoint = "api.site"}).hosts, "10.0.0.5 api.site\n");
  EXPECT_EQ(placed({.advertise_address = "10.0.0.5", .endpoint = "10.0.0.9:6443"}).addresses.back(), "10.0.0.9/32");
  EXPECT_EQ(placed({.advertise_address = "10.0.0.5", .endpoint = "[fd00::9]:6443"}).addresses.back(), "fd00::9/128");
  EXPECT_EQ(placed({.advertise_address = "10.0.0.5", .endpoint = "fd00::9"}).addresses.back(), "fd00::9/128");
  EXPECT_THAT(placed({.advertise_address = "10.0.0.5", .endpoint = "10.0.0.5:6443"}).addresses, testing::SizeIs(4));
}

TEST(PlaceInNetwork, ABalancersOwnPort) {
  const Plan plan = placed({.advertise_address = "10.0.0.5", .port = 6443, .endpoint = "api.site:443"});
  EXPECT_EQ(plan.endpoint, "10.0.0.5");
  EXPECT_EQ(plan.endpoint_port, 443U);
  EXPECT_EQ(plan.port, 6443U);
  EXPECT_THAT(placed({.advertise_address = "10.0.0.5", .port = 6443, .endpoint = "[fd00::9]:6443"}).endpoint,
              IsEmpty());
}

TEST(PlaceInNetwork, AnAddressThatNoInterfaceHas) {
  const Plan plan = placed({.advertise_address = "203.0.113.5"});
  EXPECT_EQ(plan.interface, "eth0");
  EXPECT_EQ(plan.addresses.front(), "203.0.113.5/32");
}

}  // namespace
}  // namespace kubeferry::rehearsal
