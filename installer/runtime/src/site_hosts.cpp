// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/site_hosts.hpp>

#include <kubeferry/runtime/node_files.hpp>
#include <kubeferry/steps/basic_steps.hpp>

namespace kubeferry::runtime {

steps::Plan site_hosts(std::string_view directory, std::span<const std::string> registries, const SiteHosts& site,
                       OtherRegistries others) {
  const bool closed = !site.authorization.empty();
  steps::Plan plan;
  const auto add = [&](const std::string& registry, const installer::RegistryPlace& place) {
    const std::string folder = fmt::format("{}/{}", directory, registry);
    const std::string ca = site.ca_pem.empty() || place.plain_http ? std::string() : std::string(installer::k_ca_file);
    if (!ca.empty()) {
      plan.push_back(steps::text_file(fmt::format("{}/{}", folder, ca), site.ca_pem, 0644));
    }
    plan.push_back(steps::text_file(folder + "/hosts.toml",
                                    installer::hosts_toml(std::span(&place, 1), ca, site.authorization.view()),
                                    closed ? 0600 : 0644, closed ? steps::Secret::yes : steps::Secret::no));
  };
  for (const std::string& registry : registries) {
    add(registry, site.place);
  }
  if (others == OtherRegistries::asked_here) {
    add("_default", site.place);
  }
  // By its own names there is nothing to put in front.
  add(site.place.host, {.host = site.place.host, .plain_http = site.place.plain_http});
  return plan;
}

std::vector<ConfigurationFile> crio_site_files(const CrioWants& wants, std::span<const std::string> registries,
                                               const installer::RegistryPlace& place, std::string_view ca_pem) {
  std::vector<installer::Redirect> redirects;
  for (const std::string& registry : registries) {
    redirects.push_back({registry, place});
  }
  if (place.plain_http) {
    redirects.push_back({place.host, {.host = place.host, .plain_http = true}});
  }
  std::vector<ConfigurationFile> files = {{std::string(k_crio_drop_in), crio_drop_in(wants)},
                                          {std::string(k_registries_drop_in), installer::registries_conf(redirects)}};
  if (!ca_pem.empty() && !place.plain_http) {
    files.push_back({fmt::format("/etc/containers/certs.d/{}/ca.crt", place.host), std::string(ca_pem)});
  }
  return files;
}

}  // namespace kubeferry::runtime
