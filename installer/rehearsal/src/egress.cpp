// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/rehearsal/egress.hpp>

#include <algorithm>
#include <array>

#include <kubeferry/base/text.hpp>

namespace kubeferry::rehearsal {

namespace {

constexpr std::uint16_t k_ipv4 = 0x0800;
constexpr std::uint16_t k_ipv6 = 0x86dd;
constexpr std::uint8_t k_tcp = 6;
constexpr std::uint8_t k_udp = 17;
constexpr std::array k_ways = {Way::out, Way::name_server, Way::cluster, Way::link_local, Way::multicast, Way::not_ip};

std::string protocol_name(std::uint8_t number) {
  constexpr std::pair<std::uint8_t, std::string_view> k_names[] = {
      {1, "icmp"}, {2, "igmp"}, {k_tcp, "tcp"}, {k_udp, "udp"}, {47, "gre"}, {58, "ipv6-icmp"}, {132, "sctp"}};
  for (const auto& [known, name] : k_names) {
    if (known == number) {
      return std::string(name);
    }
  }
  return std::to_string(number);
}

std::uint16_t big_endian(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint16_t>(bytes[0] << 8U | bytes[1]);
}

std::optional<Packet> read(std::span<const std::uint8_t> address, std::uint8_t protocol,
                           std::span<const std::uint8_t> payload, bool first_fragment) {
  const auto to = host::Address::from_bytes(address);
  if (!to) {
    return std::nullopt;
  }
  const bool has_port = first_fragment && (protocol == k_tcp || protocol == k_udp) && payload.size() >= 4;
  return Packet{*to, protocol_name(protocol), has_port ? big_endian(payload.subspan(2)) : std::uint16_t{0}};
}

}  // namespace

std::optional<Packet> read_packet(std::uint16_t ether_type, std::span<const std::uint8_t> bytes) {
  if (ether_type == k_ipv4 && bytes.size() >= 20 && bytes[0] >> 4U == 4) {
    const std::size_t header = std::size_t{4} * (bytes[0] & 0x0fU);
    const bool first = (big_endian(bytes.subspan(6)) & 0x1fffU) == 0;
    return read(bytes.subspan(16, 4), bytes[9], bytes.subspan(std::min(header, bytes.size())), first);
  }
  if (ether_type == k_ipv6 && bytes.size() >= 40 && bytes[0] >> 4U == 6) {
    return read(bytes.subspan(24, 16), bytes[6], bytes.subspan(40), true);
  }
  return std::nullopt;
}

std::string_view way_name(Way way) {
  switch (way) {
    case Way::out: return "out";
    case Way::name_server: return "name-server";
    case Way::cluster: return "cluster";
    case Way::link_local: return "link-local";
    case Way::multicast: return "multicast";
    case Way::not_ip: break;
  }
  return "not-ip";
}

Way way_of(const Packet& packet, const Surroundings& surroundings) {
  const auto bytes = packet.to.bytes();
  const bool broadcast = packet.to.family() == host::Family::ipv4 &&
                         std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0xff; });
  if (packet.to.is_multicast() || broadcast) {
    return Way::multicast;
  }
  constexpr std::uint16_t k_names_port = 53;
  if (packet.port == k_names_port &&
      std::ranges::find(surroundings.name_servers, packet.to) != surroundings.name_servers.end()) {
    return Way::name_server;
  }
  if (packet.to.is_link_local()) {
    return Way::link_local;
  }
  const bool ours =
      std::ranges::any_of(surroundings.cluster, [&](const host::Cidr& network) { return network.contains(packet.to); });
  return ours ? Way::cluster : Way::out;
}

void Egress::count(Way way, const std::string& to, std::uint64_t packets) { counts_[{way, to}] += packets; }

std::uint64_t Egress::packets(Way way) const {
  std::uint64_t sum = 0;
  for (const auto& [key, packets] : counts_) {
    sum += key.first == way ? packets : 0;
  }
  return sum;
}

std::vector<Egress::Row> Egress::rows() const {
  std::vector<Row> rows;
  for (const auto& [key, packets] : counts_) {
    rows.push_back({key.first, key.second, packets});
  }
  return rows;
}

Json Egress::json() const {
  Json out;
  out.set("left", packets(Way::out));
  Json to = Json::array();
  for (const Row& row : rows()) {
    Json one;
    one.set("way", way_name(row.way)).set("to", row.to).set("packets", row.packets);
    to.push(std::move(one));
  }
  return out.set("to", std::move(to));
}

Result<Egress> Egress::parse(const Json& json) {
  const JsonView view(json, "egress");
  KF_TRY_ASSIGN(const auto rows, view.elements("to"));
  Egress egress;
  for (const JsonView& row : rows) {
    KF_TRY_ASSIGN(const std::string name, row.string("way"));
    KF_TRY_ASSIGN(const std::string to, row.string("to"));
    KF_TRY_ASSIGN(const std::uint64_t packets, row.unsigned_integer("packets"));
    const auto* way = std::ranges::find(k_ways, name, way_name);
    if (way == k_ways.end()) {
      return row.wrong("unknown way");
    }
    egress.count(*way, to, packets);
  }
  return egress;
}

std::string egress_text(const Egress& egress) {
  constexpr std::pair<Way, std::string_view> k_apart[] = {
      {Way::name_server, "questions to the host's name server"},
      {Way::cluster, "for Pods and Services that were not there yet"},
      {Way::link_local, "link-local (kubelet asks whether it runs in a cloud)"},
      {Way::multicast, "multicast"},
      {Way::not_ip, "no IP"}};
  std::vector<std::string> apart;
  for (const auto& [way, what] : k_apart) {
    if (const auto packets = egress.packets(way); packets > 0) {
      apart.push_back(fmt::format("{} {}", packets, what));
    }
  }
  const std::uint64_t left = egress.packets(Way::out);
  std::string text = fmt::format("{} {} tried to leave", left, left == 1 ? "packet" : "packets");
  text += apart.empty() ? "" : fmt::format(" (told apart: {})", fmt::join(apart, ", "));
  for (const auto& row : egress.rows()) {
    if (row.way == Way::out) {
      text += fmt::format("\n  {:>6}  {}", row.packets, printable(row.to));
    }
  }
  return text;
}

}  // namespace kubeferry::rehearsal
