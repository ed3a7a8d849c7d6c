// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/installer/client_configuration.hpp>

#include <algorithm>
#include <set>

#include <kubeferry/base/text.hpp>
#include <kubeferry/oci/reference.hpp>

namespace kubeferry::installer {

namespace {

constexpr std::string_view k_origin = "# Written by kubeferry.";

/// TOML and YAML share JSON's escapes for what can stand in a host name or path.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + '"';
}

/// The root that containerd sends requests to. With a prefix it must hold the API's "/v2" itself.
std::string root_url(const RegistryPlace& place) {
  const std::string origin = fmt::format("{}://{}", place.plain_http ? "http" : "https", place.host);
  return place.prefix.empty() ? origin : fmt::format("{}/v2/{}", origin, place.prefix);
}

std::string host_fields(const RegistryPlace& place, std::string_view ca, std::string_view indent) {
  std::string out = fmt::format("{}capabilities = [\"pull\", \"resolve\"]\n", indent);
  if (!ca.empty() && !place.plain_http) {
    out += fmt::format("{}ca = {}\n", indent, in_quotes(ca));
  }
  if (!place.prefix.empty()) {
    out += fmt::format("{}override_path = true\n", indent);
  }
  return out;
}

std::set<std::string> registries_of(const bundle::Manifest& manifest) {
  std::set<std::string> registries;
  for (const bundle::ImageRow& row : manifest.images) {
    if (const auto reference = oci::Reference::parse(row.reference)) {
      registries.insert(reference->registry);
    }
  }
  return registries;
}

}  // namespace

std::string RegistryPlace::name() const { return prefix.empty() ? host : fmt::format("{}/{}", host, prefix); }

std::string hosts_toml(std::span<const RegistryPlace> places, std::string_view ca, std::string_view authorization) {
  const auto header = [&](std::string_view table) {
    return authorization.empty() ? std::string()
                                 : fmt::format("\n[{}]\nAuthorization = {}\n", table, in_quotes(authorization));
  };
  std::string out = fmt::format("{} `server` is what containerd asks last: not the upstream.\n", k_origin);
  out += fmt::format("server = {}\n", in_quotes(root_url(places.back())));
  out += host_fields(places.back(), ca, "") + header("header");
  for (const RegistryPlace& place : places) {
    const std::string table = fmt::format("host.{}", in_quotes(root_url(place)));
    out += fmt::format("\n[{}]\n", table);
    out += host_fields(place, ca, "  ") + header(table + ".header");
  }
  return out;
}

std::vector<ConfigurationFile> containerd_files(std::span<const std::string> registries,
                                                std::span<const RegistryPlace> places, std::string_view ca_pem) {
  const std::string text = hosts_toml(places, ca_pem.empty() ? "" : k_ca_file);
  std::vector<ConfigurationFile> files;
  for (const std::string& registry : registries) {
    files.push_back({registry + "/hosts.toml", text});
  }
  files.push_back({"_default/hosts.toml", text});
  add_ca_files(files, ca_pem);
  return files;
}

void add_ca_files(std::vector<ConfigurationFile>& files, std::string_view ca_pem) {
  constexpr std::string_view k_hosts_file = "hosts.toml";
  if (ca_pem.empty()) {
    return;
  }
  std::vector<ConfigurationFile> added;
  for (const ConfigurationFile& file : files) {
    if (file.path.ends_with(k_hosts_file)) {
      const std::string folder = file.path.substr(0, file.path.size() - k_hosts_file.size());
      added.push_back({folder + std::string(k_ca_file), std::string(ca_pem)});
    }
  }
  files.insert(files.end(), added.begin(), added.end());
}

std::string registries_conf(std::span<const Redirect> redirects) {
  std::string out = fmt::format(
      "{} For /etc/containers/registries.conf.d; the CA belongs into /etc/containers/certs.d/HOST:PORT/ca.crt.\n",
      k_origin);
  for (const Redirect& redirect : redirects) {
    out += fmt::format("\n[[registry]]\nprefix = {}\nlocation = {}\n", in_quotes(redirect.source),
                       in_quotes(redirect.place.name()));
    if (redirect.place.plain_http) {
      out += "insecure = true\n";
    }
  }
  return out;
}

std::vector<Redirect> served_redirects(std::span<const std::string> registries, const RegistryPlace& place) {
  std::vector<Redirect> redirects;
  for (const std::string& registry : registries) {
    RegistryPlace inside = place;
    const std::string component = registry_component(registry);
    inside.prefix = inside.prefix.empty() ? component : fmt::format("{}/{}", inside.prefix, component);
    redirects.push_back({registry, std::move(inside)});
  }
  return redirects;
}

std::string kubeadm_snippet(const RegistryPlace& place, std::string_view kubernetes) {
  std::string out = fmt::format(
      "{} For kubeadm's ClusterConfiguration; not needed where the container runtime redirects the upstreams.\n",
      k_origin);
  if (!kubernetes.empty()) {
    out += fmt::format("kubernetesVersion: {}\n", kubernetes);
  }
  return out + fmt::format("imageRepository: {}\n", in_quotes(place.name()));
}

std::vector<std::string> upstream_registries(std::span<const std::shared_ptr<const bundle::Bundle>> bundles) {
  std::set<std::string> registries;
  for (const auto& bundle : bundles) {
    registries.merge(registries_of(bundle->manifest()));
  }
  return {registries.begin(), registries.end()};
}

std::vector<std::string> upstream_registries(const bundle::Manifest& manifest) {
  const auto registries = registries_of(manifest);
  return {registries.begin(), registries.end()};
}

std::string registry_component(std::string_view registry) {
  std::string out;
  for (const char c : lower(registry)) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
    // No two separators in a row, none at an end: the grammar of repository names.
    if (kept || (!out.empty() && out.back() != '-' && out.back() != '.')) {
      out += kept ? c : '-';
    }
  }
  while (!out.empty() && (out.back() == '-' || out.back() == '.')) {
    out.pop_back();
  }
  return out;
}

}  // namespace kubeferry::installer
