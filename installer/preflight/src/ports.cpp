// SPDX-License-Identifier: Apache-2.0
#include "ports.hpp"

#include <array>

namespace kubeferry::preflight {

namespace {

struct Use {
  std::uint16_t port;
  std::string_view program;
};
constexpr Use k_kubelet_port = {10250, "the kubelet"};
// Since 1.17, before anything kubeferry carries; 10251 and 10252 are of older ones.
constexpr std::array<Use, 4> k_control_plane = {
    {{10259, "kube-scheduler"}, {10257, "kube-controller-manager"}, {2379, "etcd"}, {2380, "etcd"}}};

}  // namespace

std::vector<std::uint16_t> needed_ports(const Question& question) {
  std::vector<std::uint16_t> ports;
  ports.push_back(k_kubelet_port.port);
  if (question.control_plane()) {
    ports.push_back(question.api_port);
    for (const auto& use : k_control_plane) {
      ports.push_back(use.port);
    }
  }
  if (question.registry_port) {
    ports.push_back(*question.registry_port);
  }
  return ports;
}

std::vector<std::string> reached_ports(const Question& question) {
  std::vector<std::string> ports;
  if (question.control_plane()) {
    ports = {fmt::format("{}/tcp", question.api_port), "2379-2380/tcp"};
  }
  ports.push_back(fmt::format("{}/tcp", k_kubelet_port.port));
  ports.emplace_back("30000-32767/tcp");
  if (question.registry_port) {
    ports.push_back(fmt::format("{}/tcp", *question.registry_port));
  }
  // VXLAN, as flannel, Calico and Cilium use it.
  ports.emplace_back("8472/udp");
  ports.emplace_back("4789/udp");
  return ports;
}

std::string port_user(const Question& question, std::uint16_t port) {
  if (question.registry_port == port) {
    return "the registry of this node";
  }
  if (port == k_kubelet_port.port) {
    return std::string(k_kubelet_port.program);
  }
  for (const auto& use : k_control_plane) {
    if (use.port == port) {
      return std::string(use.program);
    }
  }
  return "the API server";
}

}  // namespace kubeferry::preflight
