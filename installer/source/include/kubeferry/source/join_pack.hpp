// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/crypto/secret.hpp>
#include <kubeferry/installer/client_configuration.hpp>

// All that another machine needs to join a cluster, in one file (docs/joining.md).
namespace kubeferry::source {

/// By which a new control plane decrypts the certificates that kubeadm uploaded.
struct CertificateKey {
  crypto::SecretText key;  ///< 64 hex digits
  TimePoint expires;
};

/// A value that cannot hold nonsense once it was parsed. Moves only: it holds secrets.
struct JoinPack {
  TimePoint created;
  std::string cluster_name;                 ///< for people; may be empty
  std::string kubernetes_version;           ///< "v1.34.2"
  std::string endpoint;                     ///< "10.0.0.1:6443", "[2001:db8::1]:6443", "api.site:6443"
  std::vector<std::string> ca_cert_hashes;  ///< "sha256:…" of the cluster CA's public key; at least one
  crypto::SecretText token;                 ///< bootstrap token, "abcdef.0123456789abcdef"
  TimePoint token_expires;
  std::optional<CertificateKey> certificate_key;
  std::vector<installer::RegistryPlace> registries;  ///< at least one
  std::string registry_ca;                           ///< PEM; empty: the system's authorities
  crypto::Digest bundle_manifest;
  std::string image_repository;  ///< these: kubeadm's defaults when empty
  std::string pod_subnet;
  std::string cri_socket;
  std::string dns_domain;
  std::string cgroup_driver;   ///< of the cluster's kubelets: "systemd", "cgroupfs"; empty: by what runs this machine
  bool fail_cgroup_v1 = true;  ///< of the cluster's kubelets; false: they start on cgroup v1 whatever their version
};

/// JSON text, indented.
[[nodiscard]] crypto::SecretText to_text(const JoinPack& pack);

/// Strict I-JSON; `what` names it in errors. usage error for a token, CA hash or certificate key of the wrong form, for
/// none, and for anything that asks to leave a check out; format error for any other fault, or an unknown member;
/// limit error past 64 KiB.
Result<JoinPack> parse_join_pack(std::string_view text, std::string_view what);

/// Reads and parses. auth error when group or others may read or write the file; usage when it does not exist; io.
Result<JoinPack> read_join_pack(const std::filesystem::path& path);

/// Mode 0600, whole or not at all; replaces a file of that name. io errors.
Status write_join_pack(const std::filesystem::path& path, const JoinPack& pack);

enum class JoinAs { worker, control_plane };

/// Commands that make a new pack; what the hints below say.
inline constexpr std::string_view k_new_pack = "kubeferry join-pack create --ttl 2h";
inline constexpr std::string_view k_new_control_plane_pack = "kubeferry join-pack create --ttl 2h --control-plane";

/// Whether the pack is good at `now`. policy error with detail "reason": "expired" (token, or for a control plane the
/// certificate key), "clock" (made more than 24 h after `now`); usage error when a control plane is to join and there
/// is no certificate key. Hints are the command that makes a new pack.
Status check(const JoinPack& pack, TimePoint now, JoinAs as);

/// How long it can be used: "for 1 h 59 min", "for 12 days", "expired 3 min ago".
[[nodiscard]] std::string validity_text(TimePoint expires, TimePoint now);

}  // namespace kubeferry::source
