// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/crypto/secret.hpp>
#include <kubeferry/host/host.hpp>
#include <kubeferry/installer/client_configuration.hpp>
#include <kubeferry/steps/step.hpp>

// Our own registry as a service of a node (docs/adr/0018-registry-service.md).
namespace kubeferry::runtime {

using installer::ConfigurationFile;
using installer::RegistryPlace;

inline constexpr std::string_view k_registry_service = "kubeferry-registry.service";
inline constexpr std::string_view k_registry_unit = "/etc/systemd/system/kubeferry-registry.service";
/// Certificates and keys, root's alone.
inline constexpr std::string_view k_registry_identity_directory = "/var/lib/kubeferry/registry";
inline constexpr std::uint16_t k_registry_port = 5000;

struct RegistryService {
  /// Absolute paths of files that everybody may read (0644). Below steps::k_state_directory is a good place: of that
  /// the service sees nothing but these.
  std::vector<std::string> bundles;
  std::string trust;                     ///< the public key or keyset, as bundles
  std::vector<crypto::Digest> accepted;  ///< manifests that are served even when the bundle expires one day
  std::string address;                   ///< numeric: "10.0.0.1", "2001:db8::1"; "::" for all
  std::uint16_t port = k_registry_port;
  std::vector<std::string> names;  ///< by which nodes reach it; at least one, the first is the one in hosts.toml
  std::string program = "/usr/local/bin/kubeferry";
  /// Networks whose requests are answered, as systemd's IPAddressAllow= takes them, besides loopback. Empty: all.
  std::vector<std::string> clients;

  [[nodiscard]] RegistryPlace place() const;  ///< of its first name
};

/// What of the host decides how the service can be locked up.
struct ServiceManager {
  int systemd = 0;              ///< its version; 0: not known, which counts as old
  bool user_namespaces = true;  ///< whether the kernel lets anybody have one
};
[[nodiscard]] ServiceManager service_manager(const host::Host& host);

/// The unit's text. From systemd 247 on it runs as a user of its own and gets its key from systemd; before, as root
/// without any capability. Either way it sees no other key, writes nothing, and starts nothing.
[[nodiscard]] std::string registry_unit(const RegistryService& service, const ServiceManager& manager);

/// What the service shows to clients, and what they check it by. Moves only: it holds keys.
struct RegistryIdentity {
  std::string authority;  ///< PEM; what clients get
  crypto::SecretText authority_key;
  std::string certificate;  ///< PEM, the authority last
  crypto::SecretText key;
};

/// The identity in `directory` on `host` when there is one that holds for `names` and for 90 days more; else a new one,
/// by the authority that is there, or by a new one. In memory only. Errors: usage for names that are none, bug.
Result<RegistryIdentity> registry_identity(const host::Host& host, std::string_view directory,
                                           std::span<const std::string> names, TimePoint now);

/// Identity's files (the authority's key 0600), the unit, and the unit started. The bundle must lie where `service`
/// says when this is applied.
[[nodiscard]] steps::Plan registry_service(const RegistryService& service, const ServiceManager& manager,
                                           const RegistryIdentity& identity);

/// What becomes of requests for registries that the bundle does not name.
enum class OtherRegistries {
  asked_here,  ///< they come to us too (`_default`), and go nowhere else
  left_alone,  ///< for hosts whose containerd served somebody before us
};
/// hosts.toml for each of `registries` at `places` (all that serve, the nearest first) with their CA beside it, below
/// `directory` (ContainerdConfiguration::registry_directory). `ca_pem` may hold several authorities; empty: the
/// system's.
[[nodiscard]] std::vector<ConfigurationFile> registry_hosts(std::string_view directory,
                                                            std::span<const std::string> registries,
                                                            std::span<const RegistryPlace> places,
                                                            std::string_view ca_pem, OtherRegistries others);

}  // namespace kubeferry::runtime
