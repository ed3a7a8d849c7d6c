// SPDX-License-Identifier: Apache-2.0
#include "network.hpp"

#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <array>
#include <cerrno>

namespace kubeferry::rehearsal {

namespace {

constexpr std::string_view k_other_end = "kf-nowhere";

bool is_six(std::string_view address) { return address.find(':') != std::string_view::npos; }

/// A setting that a kernel without IPv6 does not have.
void set(std::string_view setting, std::string_view value) {
  if (const auto file = open_file(fmt::format("/proc/sys/net/{}", setting), O_WRONLY)) {
    static_cast<void>(write_all(file->get(), as_byte_view(value), setting));
  }
}

/// Not a dummy one: loading that module makes an interface on the machine, and Pods need veth anyway.
Status add_interface(const host::Host& host, const std::string& ip, const std::string& name) {
  const auto made = host.output_of({ip, "link", "add", name, "type", "veth", "peer", "name", std::string(k_other_end)});
  if (!made) {
    return Failure(Error{ExitCode::unsupported_host,
                         fmt::format("no interface for a rehearsal: {}", made.error().message),
                         "Pods need interfaces of that kind as well: this kernel has no veth",
                         {}});
  }
  // Nothing at the other end answers: it has no address, and frames come to it under another's.
  set(fmt::format("ipv6/conf/{}/disable_ipv6", k_other_end), "1");
  KF_TRY(host.output_of({ip, "link", "set", std::string(k_other_end), "arp", "off", "up"}));
  return {};
}

/// A balancer in front of the control planes may listen at another port than they do.
Status add_endpoint(const host::Host& host, const Plan& plan) {
  if (plan.endpoint.empty()) {
    return {};
  }
  const std::string name = is_six(plan.endpoint) ? "ip6tables" : "iptables";
  const auto program = host.program(name);
  if (!program) {
    return fail(ExitCode::unsupported_host, "there is no program {} on this host", name);
  }
  for (const auto* chain : {"OUTPUT", "PREROUTING"}) {
    KF_TRY(host.output_of({*program, "-t", "nat", "-A", chain, "-d", plan.endpoint, "-p", "tcp", "--dport",
                           std::to_string(plan.endpoint_port), "-j", "REDIRECT", "--to-ports",
                           std::to_string(plan.port)}));
  }
  return {};
}

}  // namespace

Status make_network(const host::Host& host, const Plan& plan) {
  const auto program = host.program("ip");
  if (!program) {
    return fail(ExitCode::unsupported_host, "there is no program ip (iproute2) on this host");
  }
  const std::string& ip = *program;
  const std::string& name = plan.interface;
  KF_TRY(host.output_of({ip, "link", "set", "lo", "up"}));
  set("ipv6/conf/default/accept_ra", "0");
  set("ipv6/conf/default/autoconf", "0");
  KF_TRY(add_interface(host, ip, name));
  set(fmt::format("ipv6/conf/{}/accept_ra", name), "0");
  set(fmt::format("ipv6/conf/{}/addr_gen_mode", name), "1");
  // Without ARP every packet goes out at once, instead of waiting for a neighbour that is not there: so it is counted.
  KF_TRY(host.output_of({ip, "link", "set", name, "arp", "off", "up"}));
  bool four = false;
  bool six = false;
  for (const auto& address : plan.addresses) {
    std::vector<std::string> command = {ip, "address", "add", address, "dev", name};
    if (is_six(address)) {
      command.emplace_back("nodad");
    }
    (is_six(address) ? six : four) = true;
    KF_TRY(host.output_of(std::move(command)));
  }
  if (four) {
    KF_TRY(host.output_of({ip, "-4", "route", "replace", "default", "dev", name}));
  }
  if (six) {
    KF_TRY(host.output_of({ip, "-6", "route", "replace", "default", "dev", name}));
  }
  return add_endpoint(host, plan);
}

Result<Watch> Watch::on(const Plan& plan) {
  Surroundings surroundings;
  for (const auto& text : plan.name_servers) {
    if (auto address = host::Address::parse(text)) {
      surroundings.name_servers.push_back(*address);
    }
  }
  for (const auto& text : plan.networks) {
    if (auto network = host::Cidr::parse(text)) {
      surroundings.cluster.push_back(*network);
    }
  }
  // Without a protocol until it is bound, so that it gets nothing of other interfaces.
  Fd socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) {
    return fail_errno(errno, "a packet socket");
  }
  constexpr int k_buffer = 8 << 20;
  static_cast<void>(::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &k_buffer, sizeof k_buffer));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(plan.interface.c_str()));
  if (address.sll_ifindex == 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno(errno, fmt::format("listen to {}", plan.interface));
  }
  return Watch(std::move(socket), std::move(surroundings));
}

void Watch::read() {
  std::array<std::uint8_t, 256> front{};
  for (;;) {
    sockaddr_ll from{};
    socklen_t length = sizeof from;
    const ssize_t count = ::recvfrom(socket_.get(), front.data(), front.size(), MSG_DONTWAIT | MSG_TRUNC,
                                     reinterpret_cast<sockaddr*>(&from), &length);
    if (count < 0) {
      return;
    }
    if (from.sll_pkttype != PACKET_OUTGOING) {
      continue;
    }
    const std::uint16_t type = ntohs(from.sll_protocol);
    const auto bytes = std::span(front).first(std::min(front.size(), static_cast<std::size_t>(count)));
    if (const auto packet = read_packet(type, bytes)) {
      const std::string port = packet->port == 0 ? "" : fmt::format(" {}", packet->port);
      egress_.count(way_of(*packet, surroundings_),
                    fmt::format("{} {}{}", packet->to.to_string(), packet->protocol, port));
    } else {
      egress_.count(Way::not_ip, fmt::format("type 0x{:04x}", type));
    }
  }
}

}  // namespace kubeferry::rehearsal
