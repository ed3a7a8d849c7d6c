// SPDX-License-Identifier: Apache-2.0
#include "administration.hpp"

namespace kubeferry::kubeadm {
namespace {

constexpr std::string_view k_unused_address = "192.0.2.1";  // RFC 5737: no host has it
constexpr std::string_view k_unused_name = "unused";
constexpr std::string_view k_unused_socket = "unix:///run/containerd/containerd.sock";

}  // namespace

std::vector<std::string> administer(const Program& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program.path);
  arguments.emplace_back("--kubeconfig");
  arguments.emplace_back(k_admin_kubeconfig);
  return arguments;
}

DocumentSet administration_documents(const catalog::KubernetesVersion& kubeadm) {
  DocumentSet set;
  set.api = readable_versions(kubeadm).front();
  YamlNode endpoint = YamlNode::mapping();
  endpoint.set("advertiseAddress", YamlNode::string(k_unused_address));
  YamlNode registration = YamlNode::mapping();
  registration.set("name", YamlNode::string(k_unused_name));
  registration.set("criSocket", YamlNode::string(k_unused_socket));
  YamlNode& init = set.get("InitConfiguration", set.kubeadm_api());
  init.set("localAPIEndpoint", std::move(endpoint));
  init.set("nodeRegistration", std::move(registration));
  set.get("ClusterConfiguration", set.kubeadm_api()).set("kubernetesVersion", YamlNode::string(kubeadm.to_string()));
  return set;
}

}  // namespace kubeferry::kubeadm
