// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "checks.hpp"

namespace kubeferry::preflight {

namespace {

constexpr std::string_view k_name = "CidrOverlap";

/// Interfaces that networks of pods make: when this host was installed before, they are its own.
constexpr std::array<std::string_view, 9> k_cni_interfaces = {
    "cni", "flannel", "cali", "tunl", "vxlan.calico", "kube-bridge", "cilium", "kube-ipvs", "weave"};

/// An address without a network of its own has no interface in the kernel's tables: flannel.1 has one before the first
/// pod's bridge is there, and kubeadm ran before flannel. A site's own was found before that.
bool is_own_interface(const Question& question, const std::string& name) {
  if (name.empty()) {
    return question.is_ours("/var/lib/kubelet");
  }
  return !question.ours.empty() && std::any_of(k_cni_interfaces.begin(), k_cni_interfaces.end(),
                                               [&](std::string_view start) { return name.starts_with(start); });
}

struct Range {
  std::string_view what;  ///< "pods"
  std::string_view option;
  const std::vector<host::Cidr>& networks;
};

bool is_taken(const Facts& facts, const Question& question, const host::Cidr& network) {
  const auto overlaps = [&](const host::Cidr& other) { return other.overlaps(network); };
  return std::any_of(facts.network.addresses.begin(), facts.network.addresses.end(),
                     [&](const auto& own) { return network.contains(own.address); }) ||
         std::any_of(facts.network.routes.begin(), facts.network.routes.end(),
                     [&](const Route& route) { return !route.is_default() && overlaps(route.destination); }) ||
         std::any_of(question.pods.begin(), question.pods.end(), overlaps) ||
         std::any_of(question.services.begin(), question.services.end(), overlaps);
}

/// An option with a network that nothing uses yet.
std::string proposal(const Facts& facts, const Question& question, const Range& range, const host::Cidr& instead_of) {
  constexpr std::array<std::string_view, 6> k_free_4 = {"10.244.0.0/16", "10.100.0.0/16",    "10.42.0.0/16",
                                                        "172.30.0.0/16", "192.168.128.0/17", "100.64.0.0/16"};
  constexpr std::array<std::string_view, 2> k_free_6 = {"fd42:6b66::/108", "fd43:6b66::/108"};
  const auto pick = [&](const auto& candidates) -> std::string {
    for (const auto text : candidates) {
      if (!is_taken(facts, question, host::Cidr::parse(text).value())) {
        return fmt::format("{} {}", range.option, text);
      }
    }
    return fmt::format("give another network to {}", range.option);
  };
  return instead_of.family() == host::Family::ipv4 ? pick(k_free_4) : pick(k_free_6);
}

/// The first thing of the host that is in the way of a network; empty when there is none. A route to exactly that
/// network is not: it is what a host without default route needs to reach services.
std::string in_the_way(const Facts& facts, const Question& question, const host::Cidr& network) {
  for (const auto& own : facts.network.addresses) {
    if (network.contains(own.address) && !is_own_interface(question, own.interface)) {
      return fmt::format("this host's address {}", own.address.to_string());
    }
  }
  for (const auto& route : facts.network.routes) {
    if (!route.is_default() && route.destination != network && network.overlaps(route.destination) &&
        !is_own_interface(question, route.interface)) {
      return fmt::format("the route to {} on {}", route.destination.to_string(), route.interface);
    }
  }
  return {};
}

}  // namespace

void check_overlap(const Facts& facts, const Question& question, Out& out) {
  const Range pods{"pods", "--pod-network-cidr", question.pods};
  const Range services{"services", "--service-cidr", question.services};
  for (const auto& pod : pods.networks) {
    for (const auto& service : services.networks) {
      if (pod.overlaps(service)) {
        error(out, std::string(k_name),
              fmt::format("the networks of pods, {}, and services, {}, overlap", pod.to_string(), service.to_string()),
              "a pod and a service could have one address", proposal(facts, question, pods, pod));
      }
    }
  }
  for (const auto& range : {pods, services}) {
    for (const auto& network : range.networks) {
      if (const std::string what = in_the_way(facts, question, network); !what.empty()) {
        error(out, std::string(k_name),
              fmt::format("the network of {}, {}, has {} in it", range.what, network.to_string(), what),
              "what is there would be out of reach, for pods or for the host",
              proposal(facts, question, range, network));
      }
    }
  }
}

}  // namespace kubeferry::preflight
