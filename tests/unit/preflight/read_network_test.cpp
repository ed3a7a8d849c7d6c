// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fixture.hpp"
#include "readers.hpp"

namespace kubeferry::preflight {
namespace {

using namespace testing_support;

std::string route(const char* interface, const char* network, const char* gateway, const char* flags,
                  const char* mask) {
  return fmt::format("{}\t{}\t{}\t{}\t0\t0\t100\t{}\t0\t0\t0\n", interface, native_hex(network), native_hex(gateway),
                     flags, native_hex(mask));
}

class NetworkFiles : public ::testing::Test {
protected:
  NetworkFiles() {
    tree_.write("/proc/net/route",
                "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n" +
                    route("eth0", "0.0.0.0", "192.0.2.1", "0003", "0.0.0.0") +
                    route("eth0", "192.0.2.0", "0.0.0.0", "0001", "255.255.255.0") +
                    route("eth1", "10.0.0.0", "0.0.0.0", "0000", "255.0.0.0") +
                    route("*", "172.16.0.0", "0.0.0.0", "0201", "255.240.0.0") +
                    route("eth0", "192.0.2.128", "192.0.2.9", "0003", "255.255.255.128"));
    tree_.write("/proc/net/ipv6_route",
                "fd000001000000000000000000000000 40 00000000000000000000000000000000 00 "
                "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n"
                "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 "
                "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n"
                "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
                "fd000001000000000000000000000001 00000400 00000003 00000000 00000003     eth0\n"
                "fd000001000000000000000000000010 80 00000000000000000000000000000000 00 "
                "00000000000000000000000000000000 00000000 00000002 00000000 80200001     eth0\n"
                "ff000000000000000000000000000000 08 00000000000000000000000000000000 00 "
                "00000000000000000000000000000000 00000100 00000003 00000000 00000001     eth0\n"
                "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
                "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n");
    tree_.write("/proc/net/if_inet6",
                "fd000001000000000000000000000010 04 40 00 82     eth0\n"
                "00000000000000000000000000000001 01 80 10 80       lo\n"
                "fe8000000000000000fc00fffe000001 04 40 20 80     eth0\n");
    tree_.write("/proc/net/fib_trie",
                "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n"
                "        +-- 127.0.0.0/31 1 0 0\n           |-- 127.0.0.0\n              /8 host LOCAL\n"
                "           |-- 127.0.0.1\n              /32 host LOCAL\n"
                "        +-- 192.0.2.0/30 2 0 2\n           |-- 192.0.2.0\n              /24 link UNICAST\n"
                "           |-- 192.0.2.10\n              /32 host LOCAL\n"
                "        |-- 192.0.2.255\n           /32 link BROADCAST\n"
                "Local:\n           |-- 192.0.2.10\n              /32 host LOCAL\n"
                "           |-- 198.51.100.7\n              /32 host LOCAL\n");
  }
  Tree tree_;
};

TEST_F(NetworkFiles, Routes) {
  const auto network = read_network(tree_.host());
  ASSERT_EQ(network.routes.size(), 5U);
  EXPECT_TRUE(network.routes[0].is_default());
  EXPECT_EQ(network.routes[0].gateway, address("192.0.2.1"));
  EXPECT_EQ(network.routes[1].destination, cidr("192.0.2.0/24"));
  EXPECT_FALSE(network.routes[1].gateway);
  EXPECT_EQ(network.routes[2].destination, cidr("192.0.2.128/25"));
  EXPECT_EQ(network.routes[3].destination, cidr("fd00:1::/64"));
  EXPECT_EQ(network.routes[3].interface, "eth0");
  EXPECT_EQ(network.routes[4].destination, cidr("::/0"));
}

TEST_F(NetworkFiles, Addresses) {
  const auto network = read_network(tree_.host());
  ASSERT_EQ(network.addresses.size(), 3U);
  EXPECT_EQ(network.addresses[0].address, address("192.0.2.10"));
  EXPECT_EQ(network.addresses[0].interface, "eth0");
  EXPECT_EQ(network.addresses[1].address, address("198.51.100.7"));
  EXPECT_EQ(network.addresses[1].interface, "");
  EXPECT_EQ(network.addresses[2].address, address("fd00:1::10"));
  EXPECT_EQ(network.addresses[2].interface, "eth0");
}

TEST_F(NetworkFiles, Listeners) {
  const std::string head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";
  const auto line = [](const char* local, const char* state, int inode) {
    return fmt::format("   0: {}:192B 00000000:0000 {} 00000000:00000000 00:00000000 00000000     0        0 {} 1 0\n",
                       native_hex(local), state, inode);
  };
  tree_.write("/proc/net/tcp", head + line("127.0.0.1", "0A", 1603) + line("192.0.2.10", "01", 1604));
  tree_.write("/proc/net/tcp6", head + line("fd00:1::10", "0A", 1605));
  tree_.write("/proc/812/comm", "haproxy\n");
  tree_.link("/proc/812/fd/3", "/dev/null");
  tree_.link("/proc/812/fd/4", "socket:[1603]");
  tree_.write("/proc/self/comm", "x");
  const auto listeners = read_listeners(tree_.host());
  ASSERT_EQ(listeners.size(), 2U);
  EXPECT_EQ(listeners[0].address, address("127.0.0.1"));
  EXPECT_EQ(listeners[0].port, 6443);
  EXPECT_EQ(listeners[0].program, "haproxy (pid 812)");
  EXPECT_EQ(listeners[1].address, address("fd00:1::10"));
  EXPECT_EQ(listeners[1].program, "");
}

TEST(Network, NothingToRead) {
  const auto network = read_network(Tree().host());
  EXPECT_TRUE(network.addresses.empty() && network.routes.empty() && network.listeners.empty());
}

}  // namespace
}  // namespace kubeferry::preflight
