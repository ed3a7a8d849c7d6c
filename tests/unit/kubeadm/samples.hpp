// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <kubeferry/kubeadm/documents.hpp>

namespace kubeferry::kubeadm {

inline constexpr std::string_view k_sample_token = "abcdef.0123456789abcdef";
inline constexpr std::string_view k_sample_key = "e6a2eb8581237ab72a4f494f30285ec12a9694d750b9785706a83bfcbbbd2204";
inline constexpr std::string_view k_sample_hash =
    "sha256:3a4aa226e6cd6289ed7cd593b43991a7042e3769d5c4177101d76d4058369d0b";

inline crypto::SecretText secret(std::string_view text) { return crypto::SecretText(std::string(text)); }

inline Defaults sample_defaults() {
  Defaults defaults;
  defaults.node_name = "node-1";
  defaults.advertise_address = "10.0.0.1";
  defaults.pod_subnet = "10.244.0.0/16";
  defaults.kubelet_extra_args = {{"node-ip", "10.0.0.1"}};
  return defaults;
}

/// What `kubeferry init` knows without any flag or file, for Kubernetes 1.MINOR.2.
inline InitInput init_input(std::uint32_t minor) {
  InitInput input;
  input.kubernetes = {minor, 2, ""};
  input.kubeadm = input.kubernetes;
  input.defaults = sample_defaults();
  return input;
}

inline InitInput init_input(std::uint32_t minor, std::string file) {
  InitInput input = init_input(minor);
  input.file = ConfigFile{.name = "my.yaml", .text = std::move(file)};
  return input;
}

/// A worker's.
inline JoinInput join_input(std::uint32_t minor, const crypto::SecretText& token) {
  JoinInput input;
  input.kubeadm = {minor, 2, ""};
  input.defaults = sample_defaults();
  input.token = &token;
  input.api_server_endpoint = "10.0.0.1:6443";
  input.ca_cert_hashes = {std::string(k_sample_hash)};
  return input;
}

/// What kubeadm 1.20 to 1.37 needs said at most: every field that kubeferry ever writes.
inline InitInput full_init_input(std::uint32_t minor, const crypto::SecretText& token, const crypto::SecretText& key) {
  InitInput input = init_input(minor);
  input.node = {.apiserver_advertise_address = "10.0.0.2",
                .apiserver_bind_port = 7443,
                .cri_socket = "/run/crio/crio.sock",
                .node_name = "cp-1",
                .patches = "/etc/kubernetes/patches",
                .skip_phases = {"addon/kube-proxy", "preflight"},
                .ignore_preflight_errors = {"Swap", "NumCPU"}};
  input.cluster = {.pod_network_cidr = "10.9.0.0/16,fd00:9::/56",
                   .service_cidr = "10.8.0.0/16,fd00:8::/112",
                   .control_plane_endpoint = "api.example.org:443",
                   .image_repository = "registry.local:5000/k8s",
                   .service_dns_domain = "site.local",
                   .apiserver_cert_extra_sans = {"api.example.org", "192.168.1.1"}};
  input.timeouts = {.control_plane = std::chrono::minutes(6),
                    .kubelet = std::chrono::minutes(5),
                    .api_call = std::chrono::seconds(90),
                    .etcd_call = std::chrono::minutes(3),
                    .tls_bootstrap = std::chrono::minutes(7),
                    .discovery = std::chrono::minutes(8)};
  input.token = &token;
  input.certificate_key = &key;
  input.single_node = true;
  input.allow_cgroup_v1 = true;
  return input;
}

}  // namespace kubeferry::kubeadm
