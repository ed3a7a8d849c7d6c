// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/installer/client_configuration.hpp>
#include <kubeferry/node/needs.hpp>
#include <kubeferry/platforms/platform.hpp>
#include <kubeferry/registry/credentials.hpp>
#include <kubeferry/runtime/site_hosts.hpp>
#include <kubeferry/source/join_pack.hpp>

// The site's own registry, into which somebody mirrored the bundle, instead of one on the nodes (docs/installing.md).
namespace kubeferry::node {

struct SiteRegistry {
  installer::RegistryPlace place;
  std::string ca_pem;                                       ///< empty: the system's authorities
  std::shared_ptr<registry::CredentialSource> credentials;  ///< may be null
  std::stop_token stop;
};

/// The one that a pack's cluster takes its images from; nothing when its nodes serve them. It is the registry that is
/// the cluster's imageRepository, too.
[[nodiscard]] std::optional<SiteRegistry> site_of(const source::JoinPack& pack,
                                                  std::shared_ptr<registry::CredentialSource> credentials,
                                                  std::stop_token stop);

/// Name there ("harbor.corp/k8s/pause:3.10") → name in the bundle ("registry.k8s.io/pause:3.10"), for every image, by
/// the rules of `kubeferry mirror`. usage error when two would get one name.
using SiteNames = std::map<std::string, std::string>;
Result<SiteNames> site_names(const bundle::Manifest& manifest, const installer::RegistryPlace& place);

/// The pod network with its images taken from there. Those that the bundle does not name stay as they are.
Result<PodNetwork> with_site_images(PodNetwork network, const SiteNames& names);

enum class NeedsBundle { no, yes };
/// Whether the registry has all of `bundle` for `platform`, every digest, and with NeedsBundle the bundle itself, from
/// which nodes join. Sends HEAD requests. network error that counts what is missing and names the first; tls, auth,
/// interrupted; each with what to do.
Status check_site(const SiteRegistry& site, const std::shared_ptr<const bundle::Bundle>& bundle,
                  const platforms::Platform& platform, NeedsBundle needs_bundle);

/// `images` with what their names mean there: the signed digest, or that of an index which names nothing but signed
/// platforms, this one's among them (a mirror without the others). integrity error naming both for anything else;
/// network, tls, auth.
Result<std::vector<runtime::WantedImage>> at_site(const SiteRegistry& site, const source::NodeSource& source,
                                                  std::vector<runtime::WantedImage> images);

/// What a container runtime is told of it, with the credentials, if there are any for it. auth error for some that are
/// no name and password: a runtime's configuration has no place for others.
Result<runtime::SiteHosts> runtime_access(const SiteRegistry& site);

}  // namespace kubeferry::node
