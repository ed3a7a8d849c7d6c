// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/site_registry.hpp>

#include <algorithm>
#include <set>

#include <kubeferry/base/text.hpp>
#include <kubeferry/catalog/cni_manifest.hpp>
#include <kubeferry/installer/bundle_artifact.hpp>
#include <kubeferry/installer/mirror.hpp>
#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/oci/media_type.hpp>
#include <kubeferry/source/place_client.hpp>

#include "manifests.hpp"

namespace kubeferry::node {

namespace {

std::string hint(const SiteRegistry& site) {
  return fmt::format("`kubeferry mirror --with-bundle BUNDLE {}` brings what is missing", site.place.name());
}

source::PlaceAccess access_to(const SiteRegistry& site) {
  return {.ca_pem = site.ca_pem, .credentials = site.credentials, .stop = site.stop};
}

Failure lacking(const SiteRegistry& site, std::size_t count, std::string_view first) {
  return Failure(Error{ExitCode::network,
                       fmt::format("{} lacks {} of what this bundle needs; first {}", site.place.name(), count, first),
                       hint(site),
                       {}});
}

Status has_bundle(const SiteRegistry& site, registry::Client& client, const bundle::Bundle& bundle) {
  const std::string name = installer::bundle_repository(site.place.prefix);
  const std::string tag = bundle.manifest_digest().hex();
  KF_TRY_ASSIGN(const auto there, client.manifest_digest({site.place.host, name}, tag));
  KF_TRY_ASSIGN(const auto artifact, installer::make_bundle_artifact(bundle));
  if (there && *there == artifact.manifests.back().digest) {
    return {};
  }
  return lacking(
      site, 1, fmt::format("the bundle itself ({}/{}:{}), which further nodes join from", site.place.host, name, tag));
}

/// The digests that an index names; empty for anything else.
std::set<crypto::Digest> parts_of(const oci::ManifestBytes& document, std::string_view what) {
  std::set<crypto::Digest> out;
  const auto index = oci::is_index(document.media_type) ? oci::parse_index(document.bytes, document.media_type, what)
                                                        : Result<oci::Index>(oci::Index{});
  if (index) {
    std::ranges::transform(index->manifests, std::inserter(out, out.end()), &oci::Descriptor::digest);
  }
  return out;
}

/// Whether `there` is `wanted`'s signed index without some of its platforms.
Result<bool> is_part_of(const oci::ManifestBytes& there, const source::NodeSource& source,
                        const runtime::WantedImage& wanted) {
  const auto parts = parts_of(there, wanted.reference);
  if (!parts.contains(wanted.platform_digest)) {
    return false;
  }
  KF_TRY_ASSIGN(const Bytes bytes, source.read(wanted.digest, oci::k_max_manifest_bytes));
  KF_TRY_ASSIGN(const oci::Index all, oci::parse_index(bytes, {}, wanted.reference));
  std::set<crypto::Digest> allowed;
  std::ranges::transform(all.manifests, std::inserter(allowed, allowed.end()), &oci::Descriptor::digest);
  return std::ranges::includes(allowed, parts);
}

}  // namespace

std::optional<SiteRegistry> site_of(const source::JoinPack& pack,
                                    std::shared_ptr<registry::CredentialSource> credentials, std::stop_token stop) {
  const auto found = std::ranges::find(pack.registries, pack.image_repository, &installer::RegistryPlace::name);
  if (found == pack.registries.end()) {
    return std::nullopt;
  }
  return SiteRegistry{*found, pack.registry_ca, std::move(credentials), std::move(stop)};
}

Result<SiteNames> site_names(const bundle::Manifest& manifest, const installer::RegistryPlace& place) {
  std::vector<installer::MappingInput> inputs;
  for (const auto& row : manifest.images) {
    KF_TRY_ASSIGN(oci::Reference reference, oci::Reference::parse(row.reference));
    inputs.push_back({std::move(reference), row.descriptor.digest, installer::Kind::image});
  }
  KF_TRY_ASSIGN(const auto mappings, installer::map_paths(inputs, {place.host, place.prefix}, {}));
  SiteNames out;
  for (const auto& mapping : mappings) {
    const auto& input = inputs[mapping.input];
    oci::Reference there{place.host, mapping.repository, std::nullopt, std::nullopt};
    if (mapping.tag.empty()) {
      there.digest = input.digest;
    } else {
      there.tag = mapping.tag;
    }
    out.emplace(there.to_string(), manifest.images[mapping.input].reference);
  }
  return out;
}

Status rename_images(std::string& manifest, std::vector<std::string>& wanted, const std::string& name,
                     const SiteNames& names) {
  std::map<std::string, std::string> renamed;
  KF_TRY_ASSIGN(const auto images, catalog::found_images(manifest, name));
  for (const auto& image : images) {
    if (image.in == catalog::ImageIn::doubtful) {
      continue;
    }
    KF_TRY_ASSIGN(const oci::Reference reference, oci::Reference::parse(image.reference));
    const std::string canonical = reference.to_string();
    const auto found = std::ranges::find(names, canonical, &SiteNames::value_type::second);
    if (found != names.end()) {
      renamed.emplace(image.reference, found->first);
    }
  }
  for (auto& image : wanted) {
    const auto found = renamed.find(image);
    image = found == renamed.end() ? image : found->second;
  }
  KF_TRY_ASSIGN(auto rewritten, catalog::rewrite_manifest(manifest, {.images = renamed}, name));
  manifest = std::move(rewritten.text);
  return {};
}

Result<PodNetwork> with_site_images(PodNetwork network, const SiteNames& names) {
  KF_TRY(rename_images(network.manifest, network.images, network.name, names));
  return network;
}

Status check_site(const SiteRegistry& site, const std::shared_ptr<const bundle::Bundle>& bundle,
                  const platforms::Platform& platform, NeedsBundle needs_bundle) {
  KF_TRY_ASSIGN(const auto client, source::client_of(site.place, access_to(site)));
  if (needs_bundle == NeedsBundle::yes) {
    KF_TRY(has_bundle(site, *client, *bundle));
  }
  KF_TRY_ASSIGN(oci::Platform wanted, oci::Platform::parse(platform.name));
  installer::MirrorOptions options{.target = {site.place.host, site.place.prefix}};
  options.platforms = {std::move(wanted)};
  options.bundles = needs_bundle == NeedsBundle::yes ? installer::Bundles::too : installer::Bundles::no;
  options.dry_run = installer::DryRun::yes;
  options.stop = site.stop;
  KF_TRY_ASSIGN(const auto result, installer::mirror_with(*client, {bundle}, options));
  return result.missing.empty()
             ? Status()
             : lacking(site, result.missing.size(),
                       fmt::format("{}: {}", result.missing.front().name, result.missing.front().reason));
}

Result<std::vector<runtime::WantedImage>> at_site(const SiteRegistry& site, const source::NodeSource& source,
                                                  std::vector<runtime::WantedImage> images) {
  KF_TRY_ASSIGN(const auto client, source::client_of(site.place, access_to(site)));
  for (auto& wanted : images) {
    KF_TRY_ASSIGN(const oci::Reference reference, oci::Reference::parse(wanted.reference));
    KF_TRY_ASSIGN(const oci::ManifestBytes there, client->manifest(reference));
    if (there.digest == wanted.digest || there.digest == wanted.platform_digest) {
      continue;
    }
    KF_TRY_ASSIGN(const bool signed_part, is_part_of(there, source, wanted));
    if (!signed_part) {
      return Failure(Error{ExitCode::integrity,
                           fmt::format("{} is {} there, and the bundle has {} signed", wanted.reference,
                                       there.digest.to_string(), wanted.digest.to_string()),
                           hint(site),
                           {}});
    }
    wanted.digest = there.digest;
  }
  return images;
}

Result<runtime::SiteHosts> runtime_access(const SiteRegistry& site) {
  runtime::SiteHosts out{.place = site.place, .ca_pem = site.ca_pem};
  if (site.credentials == nullptr) {
    return out;
  }
  KF_TRY_ASSIGN(const auto found, site.credentials->find(site.place.host));
  if (!found) {
    return out;
  }
  if (!found->identity_token.empty() || found->username.empty()) {
    return Failure(
        Error{ExitCode::auth,
              fmt::format("{}: the credentials are a token, which no container runtime keeps", site.place.host),
              "log in by name and password (a robot account of the registry)",
              {}});
  }
  const crypto::SecretText both(found->username + ":" + found->password);
  out.authorization = crypto::SecretText("Basic " + to_base64(as_byte_view(both.view())));
  return out;
}

}  // namespace kubeferry::node
