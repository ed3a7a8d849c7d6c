// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/text.hpp>
#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/host/cidr.hpp>

namespace kubeferry::preflight {

/// What the host is to become.
enum class Role {
  init,           ///< the first control plane
  control_plane,  ///< another one
  worker,
};
/// "a control plane", "another control plane", "a worker".
[[nodiscard]] std::string_view to_string(Role role) noexcept;

/// Room that is needed on a file system.
struct Need {
  std::uint64_t bytes = 0;
  std::uint64_t inodes = 0;
};

/// What is known of the bundle that is to be installed.
struct BundleFacts {
  std::string kubernetes;  ///< "v1.34.2", or empty
  TimePoint created;
  std::vector<std::string> platforms;
  std::set<std::string> files;  ///< paths of the node files for this host's platform
  std::string containerd;       ///< version without "v"; empty: not in the bundle, or not known
  std::string runc;
  std::vector<bundle::PackageRepository> packages;  ///< without their files
  /// What `kubeferry packages install` is told of it: its file, or `--pack` and one; empty: neither is at hand,
  /// and only `--install-packages` of the command that asks can reach it.
  std::string named;
};

/// What the pod network that is to be applied asks of a host.
struct NetworkNeeds {
  std::string name;                            ///< "flannel"
  std::vector<std::string> modules;            ///< kernel modules
  std::map<std::string, std::string> sysctls;  ///< "net.ipv4.conf.all.rp_filter" → "0"
  bool own_manifest = false;  ///< the user gave its manifest, which may be set up to do without some of them
};

/// What preflight is asked. Empty and absent members mean: not known, and what depends on them is not checked.
struct Question {
  Role role = Role::init;
  std::optional<BundleFacts> bundle;
  std::optional<NetworkNeeds> network;
  std::map<std::string, Need> needs;  ///< by path: one of k_places or below one; others are not looked at
  std::vector<host::Cidr> pods;
  std::vector<host::Cidr> services;
  std::optional<host::Address> advertise;  ///< --apiserver-advertise-address, or the node's address on a worker
  std::uint16_t api_port = 6443;
  std::optional<std::uint16_t> registry_port;
  std::string node_name;          ///< empty: the host's name
  std::string trust;              ///< the --trust file that the bundle was opened by; empty: not known
  std::string cri_socket;         ///< without unix://; empty: containerd's
  bool fail_swap_on = true;       ///< as the user's KubeletConfiguration has it
  bool fail_cgroup_v1 = true;     ///< so
  std::set<std::string> ignored;  ///< names whose errors are warnings: from parse_ignored()
  std::set<std::string> ours;     ///< paths (and all below them) that our journal says we made: no findings
  std::set<std::uint16_t> our_ports;

  [[nodiscard]] bool control_plane() const noexcept { return role != Role::worker; }
  /// The Kubernetes minor version of the bundle: 34 for v1.34.2.
  [[nodiscard]] std::optional<unsigned> minor() const;
  [[nodiscard]] bool is_ours(std::string_view path) const;
  /// Whether the bundle puts a program of this name where it is found.
  [[nodiscard]] bool brings(std::string_view program) const;
  void add_need(const std::string& path, std::uint64_t bytes, std::uint64_t inodes);
  /// The need of `count` images that are `bytes` long together as they are stored, which is compressed.
  void add_images(std::uint64_t bytes, std::uint64_t count);
};

/// Takes over as ours what kubeadm and its kubelet made in an earlier run: manifests, kubeconfigs, etcd's data, ports.
void claim_cluster(Question& question);

/// The bundle's part of a question, for a host of `platform`: versions, files, and what it needs on disk.
///
/// Sizes are from the signed manifest: node files where they go; images into /var/lib/containerd, once compressed as
/// they are stored and 3.5 times that unpacked (control-plane images are 3.2 to 3.6), with 1,500 inodes an image; 512
/// MiB for etcd on control planes, 256 MiB for the kubelet, 1 MiB for what is written to /etc. Errors of
/// bundle::platform_sizes. A platform that the bundle does not have needs nothing; check() says so.
Result<Question> question_for(const bundle::Bundle& bundle, Role role, std::string_view platform);
/// The same without the images, which a manifest alone cannot tell the size of: see Question::add_images().
[[nodiscard]] Question question_for(const bundle::Manifest& manifest, Role role, std::string_view platform);

}  // namespace kubeferry::preflight
