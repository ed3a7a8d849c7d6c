// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/rehearsal/egress.hpp>

#include <gmock/gmock.h>

namespace kubeferry::rehearsal {
namespace {

using testing::HasSubstr;
using Bytes8 = std::vector<std::uint8_t>;

host::Address address(std::string_view text) { return host::Address::parse(text).value(); }

Bytes8 ipv4(std::uint8_t protocol, std::vector<std::uint8_t> to, std::uint16_t port, std::uint8_t words = 5,
            std::uint16_t fragment = 0) {
  Bytes8 packet(std::size_t{4} * words, 0);
  packet[0] = static_cast<std::uint8_t>(0x40U | words);
  packet[6] = static_cast<std::uint8_t>(fragment >> 8U);
  packet[7] = static_cast<std::uint8_t>(fragment & 0xffU);
  packet[9] = protocol;
  std::copy(to.begin(), to.end(), packet.begin() + 16);
  const Bytes8 ports = {0x9c, 0x40, static_cast<std::uint8_t>(port >> 8U), static_cast<std::uint8_t>(port & 0xffU)};
  packet.insert(packet.end(), ports.begin(), ports.end());
  return packet;
}

TEST(ReadPacket, WhereItGoes) {
  const auto packet = read_packet(0x0800, ipv4(6, {203, 0, 113, 9}, 443));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->to, address("203.0.113.9"));
  EXPECT_EQ(packet->protocol, "tcp");
  EXPECT_EQ(packet->port, 443);
  EXPECT_EQ(read_packet(0x0800, ipv4(17, {8, 8, 8, 8}, 53, 6))->port, 53) << "behind options";
  EXPECT_EQ(read_packet(0x0800, ipv4(17, {8, 8, 8, 8}, 53, 5, 10))->port, 0) << "a later fragment has no port";
  EXPECT_EQ(read_packet(0x0800, ipv4(1, {8, 8, 8, 8}, 53))->protocol, "icmp");
}

TEST(ReadPacket, OfIpv6) {
  Bytes8 packet(44, 0);
  packet[0] = 0x60;
  packet[6] = 17;
  packet[24] = 0xfd;
  packet[39] = 1;
  packet[43] = 53;
  const auto read = read_packet(0x86dd, packet);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->to, address("fd00::1"));
  EXPECT_EQ(read->protocol, "udp");
  EXPECT_EQ(read->port, 53);
}

TEST(ReadPacket, NeverBeyondItsEnd) {
  EXPECT_FALSE(read_packet(0x0806, Bytes8(28, 0)));
  const auto whole = ipv4(6, {203, 0, 113, 9}, 443);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto packet = read_packet(0x0800, std::span(whole).first(length));
    EXPECT_EQ(packet.has_value(), length >= 20) << length;
    EXPECT_EQ(packet ? packet->port : 0, 0) << length;
  }
  EXPECT_EQ(read_packet(0x0800, ipv4(6, {1, 2, 3, 4}, 443, 15))->port, 443);
  auto lying = ipv4(6, {1, 2, 3, 4}, 443);
  lying[0] = 0x4f;
  EXPECT_EQ(read_packet(0x0800, lying)->port, 0) << "a header longer than the packet";
}

TEST(WayOf, WhatIsNoAttemptToLeave) {
  const Surroundings around{
      .name_servers = {address("10.0.0.2")},
      .cluster = {host::Cidr::parse("10.244.0.0/16").value(), host::Cidr::parse("fd00::/64").value()}};
  const auto way = [&](std::string_view to, std::uint16_t port) { return way_of({address(to), "udp", port}, around); };
  EXPECT_EQ(way("203.0.113.9", 443), Way::out);
  EXPECT_EQ(way("10.0.0.2", 53), Way::name_server);
  EXPECT_EQ(way("10.0.0.2", 443), Way::out);
  EXPECT_EQ(way("8.8.8.8", 53), Way::out);
  EXPECT_EQ(way("10.244.3.4", 80), Way::cluster);
  EXPECT_EQ(way("fd00::5", 80), Way::cluster);
  EXPECT_EQ(way("169.254.169.254", 80), Way::link_local);
  EXPECT_EQ(way("224.0.0.251", 5353), Way::multicast);
  EXPECT_EQ(way("255.255.255.255", 67), Way::multicast);
  EXPECT_EQ(way("ff02::16", 0), Way::multicast);
}

TEST(Egress, SurvivesTheWayToTheOuterProcess) {
  Egress egress;
  egress.count(Way::out, "203.0.113.9 tcp 443", 3);
  egress.count(Way::out, "203.0.113.9 tcp 443");
  egress.count(Way::link_local, "169.254.169.254 tcp 80", 6);
  const auto parsed = Egress::parse(egress.json());
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->rows(), egress.rows());
  EXPECT_EQ(parsed->packets(Way::out), 4U);
  EXPECT_FALSE(Egress::parse(Json::object()));
  EXPECT_FALSE(Egress::parse(parse_json(R"({"to":[{"way":"sideways","to":"x","packets":1}]})", "x").value()));
}

TEST(EgressText, NamesWhatTriedToLeaveAndWhatIsToldApart) {
  Egress egress;
  egress.count(Way::name_server, "10.0.0.2 udp 53", 2);
  EXPECT_EQ(egress_text(egress), "0 packets tried to leave (told apart: 2 questions to the host's name server)");
  egress.count(Way::out, "203.0.113.9 tcp 443", 1);
  EXPECT_THAT(egress_text(egress), HasSubstr("1 packet tried to leave"));
  EXPECT_THAT(egress_text(egress), HasSubstr("203.0.113.9 tcp 443"));
  EXPECT_EQ(egress_text(Egress()), "0 packets tried to leave");
}

}  // namespace
}  // namespace kubeferry::rehearsal
