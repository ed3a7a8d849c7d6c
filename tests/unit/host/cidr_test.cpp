// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/host/cidr.hpp>

#include <gtest/gtest.h>

namespace kubeferry::host {
namespace {

Address address(std::string_view text) { return Address::parse(text).value(); }
Cidr cidr(std::string_view text) { return Cidr::parse(text).value(); }

TEST(Address, HasOneSpelling) {
  EXPECT_EQ(address("10.0.0.1").to_string(), "10.0.0.1");
  EXPECT_EQ(address("FD00:0:0:0:0:0:0:1").to_string(), "fd00::1");
  EXPECT_EQ(address("10.0.0.1").to_host(), "10.0.0.1");
  EXPECT_EQ(address("fd00::1").to_host(), "[fd00::1]");
  EXPECT_EQ(address("fd00::1"), address("fd00:0::0:1"));
  EXPECT_NE(address("0.0.0.0"), address("::"));
}

TEST(Address, RefusesTheRest) {
  using namespace std::string_view_literals;
  for (const auto text : {""sv, "10.0.0"sv, "10.0.0.256"sv, "010.0.0.1"sv, "10.0.0.1 "sv, "10.0.0.1\0"sv, "localhost"sv,
                          "::ffff:10.0.0.1"sv, "fe80::1%eth0"sv, ":::"sv, "[fd00::1]"sv, "1.2.3.4/32"sv, "0x7f.1"sv}) {
    const auto parsed = Address::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ExitCode::usage);
  }
}

TEST(Address, ComesFromBytes) {
  const std::array<std::uint8_t, 4> four{192, 168, 1, 2};
  EXPECT_EQ(Address::from_bytes(four).value(), address("192.168.1.2"));
  const std::array<std::uint8_t, 5> five{};
  EXPECT_EQ(Address::from_bytes(five).error().code, ExitCode::bug);
}

TEST(Address, KnowsItsKind) {
  EXPECT_TRUE(address("127.0.0.53").is_loopback());
  EXPECT_TRUE(address("::1").is_loopback());
  EXPECT_FALSE(address("::2").is_loopback());
  EXPECT_TRUE(address("0.0.0.0").is_unspecified());
  EXPECT_TRUE(address("::").is_unspecified());
  EXPECT_TRUE(address("169.254.1.1").is_link_local());
  EXPECT_TRUE(address("febf::1").is_link_local());
  EXPECT_FALSE(address("fec0::1").is_link_local());
  EXPECT_TRUE(address("224.0.0.1").is_multicast());
  EXPECT_TRUE(address("ff02::1").is_multicast());
  EXPECT_FALSE(address("fe80::1").is_multicast());
}

TEST(Cidr, ParsesWhatItWrites) {
  for (const char* const text : {"0.0.0.0/0", "10.244.0.0/16", "10.0.0.1/32", "::/0", "fd00::/64", "fd00::1/128"}) {
    EXPECT_EQ(cidr(text).to_string(), text);
  }
}

TEST(Cidr, RefusesTheRest) {
  for (const char* const text :
       {"", "10.0.0.0", "10.0.0.0/", "/8", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8",
        "10.0.0.0/8 ", "10.0.0/8", "fd00::/129", "fd00::1/64", "10.244.0.1/16", "10.0.0.0/99999999999"}) {
    const auto parsed = Cidr::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ExitCode::usage);
  }
  EXPECT_NE(Cidr::parse("10.244.3.1/16").error().message.find("the network is 10.244.0.0/16"), std::string::npos);
}

TEST(Cidr, OfAnAddressCutsTheRest) {
  EXPECT_EQ(Cidr::of(address("10.244.3.1"), 12), cidr("10.240.0.0/12"));
  EXPECT_EQ(Cidr::of(address("10.244.3.1"), 64), cidr("10.244.3.1/32"));
  EXPECT_EQ(Cidr::of(address("fd00:1:2:3::4"), 48), cidr("fd00:1:2::/48"));
  EXPECT_EQ(Cidr::of(address("10.244.3.1"), 0), cidr("0.0.0.0/0"));
}

TEST(Cidr, ContainsAndOverlaps) {
  EXPECT_TRUE(cidr("10.0.0.0/8").contains(address("10.255.255.255")));
  EXPECT_FALSE(cidr("10.0.0.0/8").contains(address("11.0.0.0")));
  EXPECT_TRUE(cidr("fd00::/9").contains(address("fd7f::1")));
  EXPECT_FALSE(cidr("fd00::/9").contains(address("fd80::1")));
  EXPECT_TRUE(cidr("10.0.0.0/8").contains(cidr("10.96.0.0/12")));
  EXPECT_FALSE(cidr("10.96.0.0/12").contains(cidr("10.0.0.0/8")));
  EXPECT_TRUE(cidr("10.96.0.0/12").overlaps(cidr("10.0.0.0/8")));
  EXPECT_TRUE(cidr("10.0.0.0/8").overlaps(cidr("10.96.0.0/12")));
  EXPECT_FALSE(cidr("10.96.0.0/12").overlaps(cidr("10.244.0.0/16")));
  EXPECT_FALSE(cidr("0.0.0.0/0").overlaps(cidr("::/0")));
  EXPECT_FALSE(cidr("0.0.0.0/0").contains(address("::")));
}

TEST(Cidr, CountsAddresses) {
  EXPECT_EQ(cidr("10.96.0.0/12").nth(1), address("10.96.0.1"));
  EXPECT_EQ(cidr("10.96.0.0/12").nth(10), address("10.96.0.10"));
  EXPECT_EQ(cidr("10.96.0.0/12").nth(256), address("10.96.1.0"));
  EXPECT_EQ(cidr("fd00::/112").nth(65535), address("fd00::ffff"));
  EXPECT_FALSE(cidr("fd00::/112").nth(65536));
  EXPECT_FALSE(cidr("10.0.0.0/32").nth(1));
  EXPECT_EQ(cidr("0.0.0.0/0").nth(0xffffffffU), address("255.255.255.255"));
  EXPECT_FALSE(cidr("0.0.0.0/0").nth(std::uint64_t{1} << 32U));
}

TEST(DualStack, TakesOneOrOneOfEach) {
  EXPECT_EQ(parse_dual_stack("10.244.0.0/16").value().size(), 1U);
  const auto both = parse_dual_stack("fd00::/56, 10.244.0.0/16").value();
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[0], cidr("fd00::/56"));
  for (const char* const text : {"", ",", "10.0.0.0/16,10.1.0.0/16", "10.0.0.0/16,fd00::/56,fd01::/56", "x"}) {
    EXPECT_FALSE(parse_dual_stack(text)) << text;
  }
}

}  // namespace
}  // namespace kubeferry::host
