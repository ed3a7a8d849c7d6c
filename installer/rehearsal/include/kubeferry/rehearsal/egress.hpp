// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include <kubeferry/base/json.hpp>
#include <kubeferry/host/cidr.hpp>

// What tried to leave a machine: packets, and what to call them.
namespace kubeferry::rehearsal {

/// An IP packet as far as it says where it goes.
struct Packet {
  host::Address to;
  std::string protocol;    ///< "tcp", "udp", "icmp", "ipv6-icmp", or the number
  std::uint16_t port = 0;  ///< destination; 0: none
};

/// Reads the front of an IPv4 or IPv6 packet (`ether_type` 0x0800, 0x86dd). Nothing for other types and torn packets.
[[nodiscard]] std::optional<Packet> read_packet(std::uint16_t ether_type, std::span<const std::uint8_t> bytes);

enum class Way {
  out,          ///< would have left for somewhere
  name_server,  ///< a question to the host's own name server
  cluster,      ///< to a Pod or Service that is not there (yet)
  link_local,   ///< 169.254.0.0/16, fe80::/10: clouds' metadata, neighbours
  multicast,    ///< and broadcast
  not_ip,       ///< ARP and the like
};
[[nodiscard]] std::string_view way_name(Way way);

/// What is known about the surroundings of the machine.
struct Surroundings {
  std::vector<host::Address> name_servers;
  std::vector<host::Cidr> cluster;  ///< Pods' and Services' networks
};
[[nodiscard]] Way way_of(const Packet& packet, const Surroundings& surroundings);

/// Counts by destination.
class Egress {
public:
  struct Row {
    Way way = Way::out;
    std::string to;  ///< "203.0.113.9 tcp 443"
    std::uint64_t packets = 0;
    [[nodiscard]] bool operator==(const Row&) const = default;
  };

  void count(Way way, const std::string& to, std::uint64_t packets = 1);
  [[nodiscard]] std::uint64_t packets(Way way) const;
  /// By way, then destination.
  [[nodiscard]] std::vector<Row> rows() const;

  /// {"left": N, "to": [{"way","to","packets"}]}
  [[nodiscard]] Json json() const;
  /// Strict inverse of json(); format error otherwise.
  static Result<Egress> parse(const Json& json);

private:
  std::map<std::pair<Way, std::string>, std::uint64_t> counts_;
};

/// For people: "0 packets tried to leave (apart from …)", and a line for each destination when there were some.
[[nodiscard]] std::string egress_text(const Egress& egress);

}  // namespace kubeferry::rehearsal
