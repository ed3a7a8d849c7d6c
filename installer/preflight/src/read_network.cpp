// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "readers.hpp"

namespace kubeferry::preflight {

namespace {

constexpr unsigned k_route_up = 1;
constexpr unsigned k_route_reject = 0x200;

std::optional<std::uint32_t> hex_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return error == std::errc{} && stop == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// /proc/net/route prints an address as a number of this machine's byte order; its bytes are in network order.
std::optional<host::Address> address_of_number(std::string_view text) {
  const auto number = hex_number(text);
  if (!number) {
    return std::nullopt;
  }
  std::array<std::uint8_t, 4> bytes{};
  std::memcpy(bytes.data(), &*number, 4);
  return host::Address::from_bytes(bytes).value();
}

/// The files about IPv6 print the bytes.
std::optional<host::Address> address_of_bytes(std::string_view text) {
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != 16) {
    return std::nullopt;
  }
  std::array<std::uint8_t, 16> copy{};
  std::memcpy(copy.data(), bytes->data(), 16);
  return host::Address::from_bytes(copy).value();
}

unsigned prefix_length(const host::Address& mask) {
  unsigned length = 0;
  for (const std::uint8_t byte : mask.bytes()) {
    length += static_cast<unsigned>(std::popcount(byte));
  }
  return length;
}

void read_routes_4(const host::Host& host, std::vector<Route>& routes) {
  for (const auto& line : lines_of_words(host, "/proc/net/route")) {
    if (line.size() < 8 || line[0] == "Iface" || line[0] == "lo") {
      continue;
    }
    const auto network = address_of_number(line[1]);
    const auto gateway = address_of_number(line[2]);
    const auto flags = hex_number(line[3]);
    const auto mask = address_of_number(line[7]);
    if (network && gateway && mask && flags && (*flags & k_route_up) != 0 && (*flags & k_route_reject) == 0) {
      routes.push_back({.destination = host::Cidr::of(*network, prefix_length(*mask)),
                        .interface = line[0],
                        .gateway = gateway->is_unspecified() ? std::nullopt : gateway});
    }
  }
}

void read_routes_6(const host::Host& host, std::vector<Route>& routes) {
  for (const auto& line : lines_of_words(host, "/proc/net/ipv6_route")) {
    if (line.size() < 10 || line[9] == "lo") {
      continue;
    }
    const auto network = address_of_bytes(line[0]);
    const auto length = hex_number(line[1]);
    const auto gateway = address_of_bytes(line[4]);
    const auto flags = hex_number(line[8]);
    if (!network || !length || !gateway || !flags || (*flags & k_route_up) == 0 || (*flags & k_route_reject) != 0) {
      continue;
    }
    // The host's own addresses, multicast and what never leaves a link.
    if (*length == 128 || network->is_multicast() || network->is_link_local()) {
      continue;
    }
    routes.push_back({.destination = host::Cidr::of(*network, *length),
                      .interface = line[9],
                      .gateway = gateway->is_unspecified() ? std::nullopt : gateway});
  }
}

/// The interface of the most exact route without gateway that has `address`.
std::string interface_of(const host::Address& address, const std::vector<Route>& routes) {
  const Route* best = nullptr;
  for (const auto& route : routes) {
    if (!route.gateway && !route.is_default() && route.destination.contains(address) &&
        (best == nullptr || best->destination.length() < route.destination.length())) {
      best = &route;
    }
  }
  return best == nullptr ? std::string() : best->interface;
}

bool of_interest(const host::Address& address) { return !address.is_loopback() && !address.is_link_local(); }

/// "|-- 192.0.2.2" followed by "/32 host LOCAL" is an address of this host. Every table lists it; once is enough.
void read_addresses_4(const host::Host& host, Network& network) {
  std::optional<host::Address> leaf;
  for (const auto& line : lines_of_words(host, "/proc/net/fib_trie")) {
    if (line.size() == 2 && line[0] == "|--") {
      const auto parsed = host::Address::parse(line[1]);
      leaf = parsed ? std::optional(*parsed) : std::nullopt;
    } else if (leaf && line.size() >= 3 && line[0] == "/32" && line[1] == "host" && line[2] == "LOCAL") {
      const bool known = std::any_of(network.addresses.begin(), network.addresses.end(),
                                     [&](const auto& other) { return other.address == *leaf; });
      if (!known && of_interest(*leaf)) {
        network.addresses.push_back({.interface = interface_of(*leaf, network.routes), .address = *leaf});
      }
    }
  }
}

void read_addresses_6(const host::Host& host, Network& network) {
  for (const auto& line : lines_of_words(host, "/proc/net/if_inet6")) {
    const auto address = line.size() >= 6 ? address_of_bytes(line[0]) : std::nullopt;
    if (address && of_interest(*address)) {
      network.addresses.push_back({.interface = line[5], .address = *address});
    }
  }
}

}  // namespace

Network read_network(const host::Host& host) {
  Network network;
  read_routes_4(host, network.routes);
  read_routes_6(host, network.routes);
  read_addresses_4(host, network);
  read_addresses_6(host, network);
  network.listeners = read_listeners(host);
  return network;
}

}  // namespace kubeferry::preflight
