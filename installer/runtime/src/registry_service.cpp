// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/registry_service.hpp>

#include <algorithm>

#include <kubeferry/installer/serve_identity.hpp>
#include <kubeferry/steps/basic_steps.hpp>

namespace kubeferry::runtime {

namespace {

constexpr auto k_longest = std::chrono::hours(24 * 3650);
constexpr auto k_least_left = std::chrono::hours(24 * 90);
constexpr std::string_view k_certificate = "server.crt";
constexpr std::string_view k_key = "server.key";

/// A certificate and key of the host that belong together and hold long enough; nothing otherwise.
std::optional<crypto::Identity> kept(const host::Host& host, const std::filesystem::path& certificate,
                                     const std::filesystem::path& key, TimePoint now) {
  auto pem = host.text(certificate.native());
  auto secret = crypto::read_secret_file(host.at(key.native()));
  if (!pem || !secret) {
    return std::nullopt;
  }
  auto parsed = crypto::PrivateKey::from_pem(*secret, nullptr, key.native());
  const auto facts = crypto::read_certificate(*pem, certificate.native());
  const auto pin = crypto::spki_digest(*pem, certificate.native());
  if (!parsed || !facts || !pin || *pin != crypto::Digest::of(parsed->public_key().spki()) ||
      facts->not_after < now + k_least_left) {
    return std::nullopt;
  }
  return crypto::Identity{std::move(*pem), std::move(*parsed)};
}

bool holds_for(const crypto::Identity& server, std::span<const std::string> names) {
  const auto facts = crypto::read_certificate(server.certificate_pem, k_certificate);
  return facts && std::all_of(names.begin(), names.end(), [&](const std::string& name) {
           return std::count(facts->dns_names.begin(), facts->dns_names.end(), name) != 0 ||
                  std::count(facts->ip_addresses.begin(), facts->ip_addresses.end(), name) != 0;
         });
}

Result<crypto::Identity> authority_of(const host::Host& host, const std::filesystem::path& directory, TimePoint now) {
  auto there = kept(host, installer::authority_certificate(directory), installer::authority_key(directory), now);
  return there ? Result<crypto::Identity>(std::move(*there)) : installer::make_registry_authority(now);
}

std::unique_ptr<const steps::Step> secret_file(std::string path, const crypto::SecretText& text) {
  return steps::text_file(std::move(path), std::string(text.view()), 0600, steps::Secret::yes);
}

}  // namespace

RegistryPlace RegistryService::place() const {
  const std::string& name = names.front();
  const bool ipv6 = name.find(':') != std::string::npos;
  return {.host = ipv6 ? fmt::format("[{}]:{}", name, port) : fmt::format("{}:{}", name, port)};
}

Result<RegistryIdentity> registry_identity(const host::Host& host, std::string_view directory,
                                           std::span<const std::string> names, TimePoint now) {
  const std::filesystem::path folder(directory);
  KF_TRY_ASSIGN(const crypto::Identity authority, authority_of(host, folder, now));
  RegistryIdentity identity;
  identity.authority = authority.certificate_pem;
  KF_TRY_ASSIGN(identity.authority_key, authority.key.to_pem());
  const auto server = kept(host, folder / k_certificate, folder / k_key, now);
  if (server && server->certificate_pem.ends_with(authority.certificate_pem) && holds_for(*server, names)) {
    identity.certificate = server->certificate_pem;
    KF_TRY_ASSIGN(identity.key, server->key.to_pem());
    return identity;
  }
  KF_TRY_ASSIGN(registry_server::TlsIdentity made, installer::make_registry_identity(authority, names, now, k_longest));
  identity.certificate = std::move(made.certificate_chain_pem);
  identity.key = std::move(made.private_key_pem);
  return identity;
}

steps::Plan registry_service(const RegistryService& service, const ServiceManager& manager,
                             const RegistryIdentity& identity) {
  const std::filesystem::path directory(k_registry_identity_directory);
  const std::string unit = registry_unit(service, manager);
  steps::Plan plan;
  plan.push_back(steps::restart_after_undo(std::string(k_registry_service)));
  plan.push_back(steps::directory(directory.native(), 0700));
  plan.push_back(secret_file(installer::authority_key(directory).native(), identity.authority_key));
  plan.push_back(steps::text_file(installer::authority_certificate(directory).native(), identity.authority, 0644));
  plan.push_back(secret_file((directory / k_key).native(), identity.key));
  plan.push_back(steps::text_file((directory / k_certificate).native(), identity.certificate, 0644));
  plan.push_back(steps::text_file(std::string(k_registry_unit), unit, 0644));
  // The manifests' digests are in the unit's text: another bundle under the same name restarts it too.
  const auto revision = crypto::Digest::of(as_byte_view(unit + identity.certificate));
  plan.push_back(steps::unit(std::string(k_registry_service), {.revision = revision.to_string()}));
  return plan;
}

std::vector<ConfigurationFile> registry_hosts(std::string_view directory, std::span<const std::string> registries,
                                              std::span<const RegistryPlace> places, std::string_view ca_pem,
                                              OtherRegistries others) {
  auto files = installer::containerd_files(registries, places, ca_pem);
  if (others == OtherRegistries::left_alone) {
    std::erase_if(files, [](const ConfigurationFile& file) { return file.path.starts_with("_default/"); });
  }
  for (ConfigurationFile& file : files) {
    file.path.insert(0, fmt::format("{}/", directory));
  }
  return files;
}

}  // namespace kubeferry::runtime
