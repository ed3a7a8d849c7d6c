// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>

#include "checks.hpp"
#include "ports.hpp"

namespace kubeferry::preflight {

namespace {

bool is_host_address(const Facts& facts, const host::Address& address) {
  const auto& all = facts.network.addresses;
  return std::any_of(all.begin(), all.end(), [&](const auto& own) { return own.address == address; });
}

std::string host_addresses(const Facts& facts) {
  std::vector<std::string> names;
  for (const auto& own : facts.network.addresses) {
    names.push_back(own.address.to_string());
  }
  return names.empty() ? std::string("none") : fmt::format("{}", fmt::join(names, ", "));
}

bool routes_reach(const Facts& facts, const host::Address& address) {
  const auto& routes = facts.network.routes;
  return std::any_of(routes.begin(), routes.end(),
                     [&](const Route& route) { return route.destination.contains(address); });
}

bool has_default_route(const Facts& facts) {
  const auto& routes = facts.network.routes;
  return std::any_of(routes.begin(), routes.end(), [](const Route& route) { return route.is_default(); });
}

/// The kubelet takes the address that the node's name means, before it looks for a default route.
bool name_gives_address(const Facts& facts, const Question& question) {
  const auto& named = facts.identity.in_hosts_file;
  return question.node_name.empty() && std::any_of(named.begin(), named.end(), [&](const host::Address& address) {
           return is_host_address(facts, address);
         });
}

std::string first_address(const Facts& facts) {
  return facts.network.addresses.empty() ? "ADDRESS" : facts.network.addresses.front().address.to_string();
}

}  // namespace

void check_ports(const Facts& facts, const Question& question, Out& out) {
  std::set<std::uint16_t> reported;
  const auto wanted = needed_ports(question);
  for (const auto& listener : facts.network.listeners) {
    const bool needed = std::find(wanted.begin(), wanted.end(), listener.port) != wanted.end();
    if (!needed || question.our_ports.contains(listener.port) || !reported.insert(listener.port).second) {
      continue;
    }
    const bool registry = question.registry_port == listener.port;
    error(out, fmt::format("Port-{}", listener.port),
          listener.program.empty() ? fmt::format("port {} is in use", listener.port)
                                   : fmt::format("port {} is in use by {}", listener.port, listener.program),
          fmt::format("it is needed for {}", port_user(question, listener.port)),
          registry
              ? fmt::format("stop what listens there (ss -ltnp 'sport = :{}'), or choose another port for the registry",
                            listener.port)
              : fmt::format("stop what listens there: ss -ltnp 'sport = :{}'", listener.port));
  }
}

void check_default_route(const Facts& facts, const Question& question, Out& out) {
  if (has_default_route(facts) || question.advertise ||
      (!question.control_plane() && name_gives_address(facts, question))) {
    return;
  }
  if (question.control_plane()) {
    error(out, "DefaultRoute", "there is no default route, and no address was given",
          "kubeadm takes the address of the default route's interface, and finds none",
          fmt::format("--apiserver-advertise-address {}", first_address(facts)));
  } else {
    error(out, "DefaultRoute", "there is no default route, and the node's name does not mean an address of this host",
          "the kubelet does not find the node's address",
          fmt::format("echo '{} {}' >>/etc/hosts", first_address(facts), facts.identity.hostname));
  }
}

void check_advertise_address(const Facts& facts, const Question& question, Out& out) {
  if (!question.advertise) {
    return;
  }
  if (!is_host_address(facts, *question.advertise)) {
    error(out, "AdvertiseAddress", fmt::format("{} is not an address of this host", question.advertise->to_string()),
          "other nodes would look for this one elsewhere",
          fmt::format("give one of its own to --apiserver-advertise-address: {}", host_addresses(facts)));
  }
}

void check_service_route(const Facts& facts, const Question& question, Out& out) {
  for (const auto& network : question.services) {
    const auto first = network.nth(1);
    if (!first || routes_reach(facts, *first)) {
      continue;
    }
    const auto& routes = facts.network.routes;
    const auto same = std::find_if(routes.begin(), routes.end(),
                                   [&](const Route& route) { return route.destination.family() == network.family(); });
    warning(out, "ServiceRoute", fmt::format("no route leads to {}, the network of services", network.to_string()),
            "programs in the host's network, such as the CNI's, do not reach the API server's service",
            fmt::format("ip route add {} dev {}    # and make it last in the network's configuration",
                        network.to_string(), same == routes.end() ? "INTERFACE" : same->interface));
  }
}

void check_nameserver(const Facts& facts, const Question&, Out& out) {
  const auto usable = [](const std::vector<host::Address>& servers) {
    return std::any_of(servers.begin(), servers.end(),
                       [](const auto& server) { return !server.is_loopback() && !server.is_unspecified(); });
  };
  const Resolver& resolver = facts.resolver;
  const std::string fix = "name a DNS server of the site (or any address, when it has none)";
  if (usable(resolver.nameservers)) {
    return;
  }
  if (resolver.nameservers.empty()) {
    error(out, "Nameserver", resolver.exists ? "/etc/resolv.conf names no nameserver" : "there is no /etc/resolv.conf",
          "CoreDNS does not start without one to send other names to",
          fmt::format("{}: echo 'nameserver 192.0.2.53' >>/etc/resolv.conf", fix));
    return;
  }
  if (resolver.upstream && usable(*resolver.upstream)) {
    info(out, "Nameserver", "/etc/resolv.conf names this host itself",
         fmt::format("the kubelet is given {} instead, or CoreDNS would ask itself", k_resolved_file));
    return;
  }
  error(out, "Nameserver",
        resolver.upstream ? fmt::format("/etc/resolv.conf names this host itself, and {} no server", k_resolved_file)
                          : std::string("/etc/resolv.conf names this host itself only"),
        "CoreDNS would ask itself, notice the loop, and stop again and again",
        resolver.upstream ? fmt::format("{} in /etc/systemd/resolved.conf (DNS=), and systemctl restart "
                                        "systemd-resolved",
                                        fix)
                          : fmt::format("{} in /etc/resolv.conf", fix));
}

}  // namespace kubeferry::preflight
