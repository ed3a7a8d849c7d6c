// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/bundle/bundle.hpp>

// What a container runtime and kubeadm need to be told so that they ask our registry, and nobody else. Pure functions.
namespace kubeferry::installer {

/// Where images can be had: a registry, and what stands before their repository names there.
struct RegistryPlace {
  std::string host;    ///< "10.0.0.1:5000"
  std::string prefix;  ///< "k8s"; empty for none
  bool plain_http = false;

  [[nodiscard]] std::string name() const;  ///< "10.0.0.1:5000/k8s"
  [[nodiscard]] bool operator==(const RegistryPlace&) const = default;
};

/// A file of configuration, its path relative to the directory it belongs into.
struct ConfigurationFile {
  std::string path;
  std::string text;
};

/// containerd's hosts.toml that sends requests to `places`, in this order, and never to the upstream: `server` is one
/// of ours too. `ca` is the path of the CA's certificate on the node; empty when the system knows it.
/// At least one place. `authorization`, unless it is empty, is sent with every request ("Basic …"): then the text is a
/// secret.
[[nodiscard]] std::string hosts_toml(std::span<const RegistryPlace> places, std::string_view ca,
                                     std::string_view authorization = {});

/// hosts.toml for each of `registries` and `_default`, as "<registry>/hosts.toml" below containerd's config_path
/// (/etc/containerd/certs.d). `ca_pem`, unless it is empty, is put beside each as "ca.crt" and named as that:
/// containerd takes a relative path for one beside hosts.toml, so the folder can be copied to any node as it is.
[[nodiscard]] std::vector<ConfigurationFile> containerd_files(std::span<const std::string> registries,
                                                              std::span<const RegistryPlace> places,
                                                              std::string_view ca_pem);

/// A CA's file of that name beside each hosts.toml of `files`; none for an empty `ca_pem`.
inline constexpr std::string_view k_ca_file = "ca.crt";
void add_ca_files(std::vector<ConfigurationFile>& files, std::string_view ca_pem);

/// Images whose names start with `source` are to be had at `place`.
struct Redirect {
  std::string source;  ///< "registry.k8s.io", "ghcr.io/a/b"
  RegistryPlace place;
};

/// The text of a file in /etc/containers/registries.conf.d (skopeo, Podman, CRI-O). The upstream is replaced, not
/// mirrored, so it is never asked.
[[nodiscard]] std::string registries_conf(std::span<const Redirect> redirects);

/// The redirects to a server of BundleContent: to each registry's name as first component, which is never ambiguous.
[[nodiscard]] std::vector<Redirect> served_redirects(std::span<const std::string> registries,
                                                     const RegistryPlace& place);

/// What to write into kubeadm's ClusterConfiguration. `kubernetes` is the version; empty: not stated.
[[nodiscard]] std::string kubeadm_snippet(const RegistryPlace& place, std::string_view kubernetes);

/// The registries that the images of `bundles` are named after, sorted: "ghcr.io", "registry.k8s.io".
[[nodiscard]] std::vector<std::string> upstream_registries(
    std::span<const std::shared_ptr<const bundle::Bundle>> bundles);

/// The same of one bundle's manifest.
[[nodiscard]] std::vector<std::string> upstream_registries(const bundle::Manifest& manifest);

/// A registry's name in the shape of a component of a repository name: "registry.k8s.io", "localhost-5000".
[[nodiscard]] std::string registry_component(std::string_view registry);

}  // namespace kubeferry::installer
