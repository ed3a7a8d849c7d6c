// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/crypto/secret.hpp>
#include <kubeferry/installer/client_configuration.hpp>
#include <kubeferry/runtime/crio_configuration.hpp>
#include <kubeferry/runtime/registry_service.hpp>
#include <kubeferry/steps/step.hpp>

// What a runtime must be told when images come from a registry of the site's own.
namespace kubeferry::runtime {

struct SiteHosts {
  installer::RegistryPlace place;
  std::string ca_pem;                ///< empty: the system's authorities
  crypto::SecretText authorization;  ///< "Basic …", sent with every request; empty: the registry asks for nothing
};

/// hosts.toml below `directory` (ContainerdConfiguration::registry_directory) for the registry itself, by its own
/// names, and for each of `registries`, whose images it has behind its prefix; with the CA beside each. Root's alone
/// (0600), and shown nowhere, when there are credentials in them.
[[nodiscard]] steps::Plan site_hosts(std::string_view directory, std::span<const std::string> registries,
                                     const SiteHosts& site, OtherRegistries others);

/// The same for CRI-O, with crio_drop_in(). Its credentials are not ours to set: see crio.conf(5), global_auth_file.
[[nodiscard]] std::vector<ConfigurationFile> crio_site_files(const CrioWants& wants,
                                                             std::span<const std::string> registries,
                                                             const installer::RegistryPlace& place,
                                                             std::string_view ca_pem);

}  // namespace kubeferry::runtime
