// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/catalog/version.hpp>
#include <kubeferry/crypto/secret.hpp>
#include <kubeferry/kubeadm/api_version.hpp>

// kubeadm's configuration: what the user said by flags and by a file, completed with what kubeferry knows.
namespace kubeferry::kubeadm {

/// kubeadm's own flags about a node, with kubeadm's names and meanings. Unset or empty: not given.
struct NodeFlags {
  std::optional<std::string> apiserver_advertise_address;  ///< of a control plane
  std::optional<std::uint16_t> apiserver_bind_port;        ///< of a control plane
  std::optional<std::string> cri_socket;                   ///< a path, or "unix://…"
  std::optional<std::string> node_name;
  std::optional<std::string> patches;  ///< a directory
  std::vector<std::string> skip_phases;
  std::vector<std::string> ignore_preflight_errors;
};

/// kubeadm's own flags about a cluster.
struct ClusterFlags {
  std::optional<std::string> pod_network_cidr;
  std::optional<std::string> service_cidr;
  std::optional<std::string> control_plane_endpoint;
  std::optional<std::string> image_repository;
  std::optional<std::string> service_dns_domain;
  std::vector<std::string> apiserver_cert_extra_sans;
};

/// The user's own configuration file: `name` is for messages.
struct ConfigFile {
  std::string name;
  std::string text;
};

/// What is written where neither flag nor file says anything; empty: left to kubeadm.
struct Defaults {
  std::string node_name;
  std::string advertise_address;
  std::string cri_socket = "unix:///run/containerd/containerd.sock";
  std::string pod_subnet;
  std::string service_subnet = "10.96.0.0/12";
  std::string cgroup_driver = "systemd";
  std::string image_pull_policy = "IfNotPresent";                       ///< from v1beta3
  std::vector<std::pair<std::string, std::string>> kubelet_extra_args;  ///< name without dashes, value; one by one
};

/// How long kubeadm waits; unset: kubeadm's own. v1beta4 knows each, older versions only `control_plane` (init) and
/// `discovery` (join), and the others are not written for them.
struct Timeouts {
  std::optional<std::chrono::seconds> control_plane;  ///< for its components to be healthy
  std::optional<std::chrono::seconds> kubelet;        ///< to be healthy
  std::optional<std::chrono::seconds> api_call;
  std::optional<std::chrono::seconds> etcd_call;
  std::optional<std::chrono::seconds> tls_bootstrap;
  std::optional<std::chrono::seconds> discovery;
};

struct InitInput {
  catalog::KubernetesVersion kubernetes;  ///< of the bundle; the file may not say otherwise
  catalog::KubernetesVersion kubeadm;     ///< of the program that will read the documents
  NodeFlags node;
  ClusterFlags cluster;
  std::optional<ConfigFile> file;
  Defaults defaults;
  Timeouts timeouts;
  const crypto::SecretText* token = nullptr;  ///< a bootstrap token to make, beside those of the file
  std::chrono::seconds token_ttl{std::chrono::hours(2)};
  const crypto::SecretText* certificate_key = nullptr;  ///< given: certificates are uploaded for further control planes
  bool single_node = false;                             ///< no taint: pods run on the control plane
  bool allow_cgroup_v1 = false;                         ///< failCgroupV1: false for a kubelet that knows it (1.31)
  bool rehearsal = false;                               ///< for a copy of the machine: see Documents::changes
};

struct JoinControlPlane {
  const crypto::SecretText* certificate_key = nullptr;  ///< null: certificates are there already
};

struct JoinInput {
  catalog::KubernetesVersion kubeadm;
  NodeFlags node;
  std::optional<ConfigFile> file;
  Defaults defaults;  ///< of these the node's own: name, address, socket, pull policy, kubelet's arguments
  Timeouts timeouts;
  const crypto::SecretText* token = nullptr;  ///< null: the file has one
  std::string api_server_endpoint;            ///< "host:port"; empty: the file has one
  std::vector<std::string> ca_cert_hashes;    ///< "sha256:…"; empty: the file has some
  std::optional<JoinControlPlane> control_plane;
};

/// What the documents say in effect, kubeadm's defaults included.
struct Facts {
  ApiVersion api_version = ApiVersion::v1beta2;
  std::string node_name;
  std::string cri_socket;  ///< always with "unix://"
  std::string advertise_address;
  std::uint16_t bind_port = 6443;
  std::vector<std::string> skip_phases;
  std::vector<std::string> ignore_preflight_errors;

  // Of init only; a node that joins learns them from the cluster.
  std::string control_plane_endpoint;  ///< empty: none
  std::vector<std::string> pod_subnets;
  std::vector<std::string> service_subnets;
  std::string image_repository;  ///< empty: kubeadm's default
  std::string dns_domain;
  std::string cluster_name;
  std::string certificates_dir;
  std::vector<std::string> cert_sans;  ///< the extra ones
  bool external_etcd = false;
  std::string etcd_data_dir;  ///< of a local etcd
  std::string cgroup_driver;
  bool fail_swap_on = true;
  bool fail_cgroup_v1 = true;

  // Of join only.
  std::string api_server_endpoint;  ///< empty when discovery is by file
  bool control_plane = false;
};

/// The configuration as one text of several YAML documents.
struct Documents {
  crypto::SecretText text;  ///< holds tokens: a file of it is 0600
  std::string redacted;     ///< the same with "(secret)" in their place, for people
  std::vector<std::string>
      arguments;  ///< what this version cannot say by configuration: "--skip-phases=addon/kube-proxy"
  /// For a rehearsal only, what was written otherwise than for the machine itself, a line each: the cgroup driver,
  /// since there is no systemd, and kube-proxy's conntrack limits, since only the machine itself could have them.
  std::vector<std::string> changes;
  Facts facts;
};

/// InitConfiguration, ClusterConfiguration, KubeletConfiguration and the file's other documents. Scalars of the file
/// keep their type, mappings their order; comments, anchors and aliases do not survive. The version is the file's when
/// it has one, else the newest that kubeadm reads. ClusterConfiguration always has an explicit kubernetesVersion.
///
/// usage errors, with file:line:column where there is one: a value that flag and file give differently, that the file
/// gives otherwise than it must be, of the wrong shape; a version that kubeadm does not read; something that this
/// version cannot express; a file that is no YAML, or too large (1 MiB), or with a kind of document twice.
Result<Documents> init_documents(const InitInput& input);

/// JoinConfiguration and the file's other documents, likewise. Further usage errors: no token, endpoint or hash at all;
/// a token or hash that is none; discovery without verification of the authority, whoever asks for it.
Result<Documents> join_documents(const JoinInput& input);

}  // namespace kubeferry::kubeadm
