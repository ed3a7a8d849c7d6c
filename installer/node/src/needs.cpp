// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/needs.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>
#include <kubeferry/bundle/reach.hpp>
#include <kubeferry/catalog/catalog.hpp>
#include <kubeferry/catalog/cni_manifest.hpp>
#include <kubeferry/catalog/spec.hpp>
#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/oci/reference.hpp>

namespace kubeferry::node {

namespace {

/// By name; or by digest, as a pod network's manifest has what its author left without a tag.
const bundle::ImageRow* find_row(const bundle::Manifest& manifest, const oci::Reference& wanted) {
  const std::string canonical = wanted.to_string();
  const std::string name = wanted.name();
  const auto found = std::ranges::find_if(manifest.images, [&](const bundle::ImageRow& row) {
    return row.reference == canonical ||
           (wanted.digest && row.descriptor.digest == *wanted.digest && row.reference.starts_with(name + ":"));
  });
  return found == manifest.images.end() ? nullptr : &*found;
}

const bundle::PlatformManifest* find_part(const bundle::ImageRow& row, std::string_view platform) {
  const auto found = std::ranges::find_if(
      row.manifests, [&](const auto& part) { return bundle::serves_platform(platform, part.platform); });
  return found == row.manifests.end() ? nullptr : &*found;
}

/// As the image's own configuration has it: that is what a runtime answers when it is asked, and in some published
/// images it is not the platform that the index says.
Result<std::string> architecture_of(const source::NodeSource& source, const oci::Descriptor& part,
                                    const std::string& reference) {
  KF_TRY_ASSIGN(const Bytes bytes, source.read(part.digest, oci::k_max_manifest_bytes));
  KF_TRY_ASSIGN(const oci::Manifest manifest, oci::parse_manifest(bytes, part.media_type, reference));
  KF_TRY_ASSIGN(const Bytes text, source.read(manifest.config.digest, oci::k_max_config_bytes));
  KF_TRY_ASSIGN(const oci::ImageConfig config, oci::parse_image_config(text, reference));
  return config.platform.architecture;
}

/// What the spec of the bundle asks for as its pod network; nothing in it when the bundle has no spec.
Result<catalog::CniSpec> asked_network(const source::NodeSource& source) {
  const auto& documents = source.manifest().documents;
  const auto row = std::ranges::find(documents, "spec", &bundle::DocumentRow::kind);
  if (row == documents.end()) {
    return catalog::CniSpec();
  }
  KF_TRY_ASSIGN(const Bytes bytes, source.read(row->digest, catalog::k_max_spec_bytes));
  KF_TRY_ASSIGN(catalog::Spec spec, catalog::parse_spec(as_text(bytes), row->name));
  return std::move(spec.cni).value_or(catalog::CniSpec());
}

/// What the release of the catalog that `asked` means starts besides its manifests; empty when that is not known.
std::vector<std::string> run_time_images(const catalog::Catalog& catalog, const catalog::CniSpec& asked,
                                         const std::string& kubernetes) {
  if (asked.name.empty() || (!asked.manifest.empty() && asked.version.empty())) {
    return {};
  }
  const auto version = catalog::KubernetesVersion::parse(kubernetes);
  const auto chosen = catalog::choose_cni(catalog, asked.name, asked.version, version ? &*version : nullptr);
  std::vector<std::string> out;
  if (chosen) {
    std::ranges::transform(chosen->release.run_time, std::back_inserter(out), &catalog::CniImage::reference);
  }
  return out;
}

/// Nothing when the bundle does not hold it for `platform`.
Result<std::optional<runtime::WantedImage>> held_image(const source::NodeSource& source,
                                                       const platforms::Platform& platform, const std::string& text,
                                                       const oci::Reference& reference) {
  const bundle::ImageRow* row = find_row(source.manifest(), reference);
  const bundle::PlatformManifest* part = row == nullptr ? nullptr : find_part(*row, platform.name);
  if (part == nullptr) {
    return std::optional<runtime::WantedImage>();
  }
  KF_TRY_ASSIGN(std::string architecture, architecture_of(source, part->descriptor, text));
  return runtime::WantedImage{text, row->descriptor.digest, part->descriptor.digest, std::move(architecture)};
}

}  // namespace

Status check_programs(const source::NodeSource& source, const platforms::Platform& platform) {
  for (const bundle::FileRow& row : source.manifest().files) {
    if (row.mode != 0755 || !bundle::serves_platform(platform.name, row.platform)) {
      continue;
    }
    KF_TRY_ASSIGN(const auto content, source.stream(row.digest));
    KF_TRY_ASSIGN(const Bytes head, platforms::head_of(*content));
    KF_TRY(platforms::check_executable(head, platform,
                                       fmt::format("{}: {} for {}", source.name(), row.path, row.platform)));
  }
  return {};
}

Result<std::optional<PodNetwork>> pod_network_of(const source::NodeSource& source) {
  const auto& documents = source.manifest().documents;
  const auto row = std::ranges::find(documents, "cni-manifest", &bundle::DocumentRow::kind);
  if (row == documents.end()) {
    return std::optional<PodNetwork>();
  }
  KF_TRY_ASSIGN(const Bytes bytes, source.read(row->digest, catalog::k_max_manifest_bytes));
  PodNetwork out{.name = row->name.substr(0, row->name.rfind(".yaml")), .manifest = std::string(as_text(bytes))};
  KF_TRY_ASSIGN(const catalog::Catalog catalog, catalog::Catalog::builtin());
  KF_TRY_ASSIGN(const catalog::CniSpec asked, asked_network(source));
  // One that the catalog does not know is applied as it is.
  const auto known = catalog.cni(out.name);
  if (known) {
    out.pod_cidr_location = (*known)->pod_cidr_location;
    out.host = preflight::NetworkNeeds{.name = out.name,
                                       .modules = (*known)->modules,
                                       .sysctls = (*known)->sysctls,
                                       .own_manifest = !asked.manifest.empty()};
  }
  KF_TRY_ASSIGN(out.cidrs, catalog::manifest_pod_cidrs(out.manifest, out.pod_cidr_location, row->name));
  using Kind = catalog::PodCidrLocation::Kind;
  // Some take addresses from kubeadm alone, and their manifests have no place for them.
  if (out.pod_cidr_location.kind == Kind::node || !known) {
    out.cidrs = asked.pod_cidr;
  }
  if (out.cidrs.empty() && out.pod_cidr_location.kind != Kind::unknown) {
    out.cidrs = {(*known)->pod_cidr};
  }
  KF_TRY_ASSIGN(out.images, catalog::manifest_images(out.manifest, row->name));
  out.run_time = run_time_images(catalog, asked, source.manifest().kubernetes);
  return std::optional(std::move(out));
}

std::optional<preflight::NetworkNeeds> host_needs(const std::optional<PodNetwork>& network) {
  return network ? network->host : std::nullopt;
}

Result<PodNetwork> with_cidrs(PodNetwork network, std::span<const std::string> cidrs) {
  const std::vector<std::string> wanted(cidrs.begin(), cidrs.end());
  if (wanted.empty() || wanted == network.cidrs) {
    return network;
  }
  using Kind = catalog::PodCidrLocation::Kind;
  if (network.pod_cidr_location.kind == Kind::unknown) {
    return fail(ExitCode::usage, "--pod-network-cidr {}: kubeferry does not know where {}'s manifest says its network",
                fmt::join(wanted, ","), network.name);
  }
  KF_TRY_ASSIGN(
      auto rewritten,
      catalog::rewrite_manifest(network.manifest, {.pod_cidr = wanted, .pod_cidr_location = network.pod_cidr_location},
                                network.name));
  network.manifest = std::move(rewritten.text);
  network.cidrs = wanted;
  return network;
}

Result<std::vector<runtime::WantedImage>> wanted_images(const source::NodeSource& source,
                                                        const platforms::Platform& platform,
                                                        std::span<const std::string> references,
                                                        const std::map<std::string, std::string>& names) {
  std::vector<runtime::WantedImage> out;
  std::vector<std::string> missing;
  for (const auto& text : references) {
    if (std::ranges::find(out, text, &runtime::WantedImage::reference) != out.end()) {
      continue;
    }
    KF_TRY_ASSIGN(oci::Reference reference, oci::Reference::parse(text));
    if (const auto named = names.find(reference.to_string()); named != names.end()) {
      KF_TRY_ASSIGN(reference, oci::Reference::parse(named->second));
    }
    KF_TRY_ASSIGN(auto held, held_image(source, platform, text, reference));
    if (held) {
      out.push_back(std::move(*held));
    } else {
      missing.push_back(text);
    }
  }
  if (!missing.empty()) {
    return Failure(Error{ExitCode::integrity,
                         fmt::format("{} lacks {} of the images that this configuration needs on {}: {}", source.name(),
                                     missing.size(), platform.name, fmt::join(missing, ", ")),
                         "add them to the spec's `images:`, or build the bundle for this imageRepository, and carry it "
                         "over again",
                         {}});
  }
  return out;
}

Status add_run_time_images(std::vector<runtime::WantedImage>& images, const source::NodeSource& source,
                           const platforms::Platform& platform, const std::optional<PodNetwork>& network) {
  for (const auto& text : network ? network->run_time : std::vector<std::string>()) {
    if (std::ranges::find(images, text, &runtime::WantedImage::reference) != images.end()) {
      continue;
    }
    KF_TRY_ASSIGN(const oci::Reference reference, oci::Reference::parse(text));
    KF_TRY_ASSIGN(auto held, held_image(source, platform, text, reference));
    if (held) {
      images.push_back(std::move(*held));
    }
  }
  return {};
}

Result<oci::Descriptor> descriptor_of(const source::NodeSource& source, const crypto::Digest& digest) {
  for (const auto& row : source.manifest().images) {
    if (row.descriptor.digest == digest) {
      return row.descriptor;
    }
    for (const auto& part : row.manifests) {
      if (part.descriptor.digest == digest) {
        return part.descriptor;
      }
    }
  }
  return fail(ExitCode::integrity, "{}: {} is no image of it", source.name(), digest.to_string());
}

Result<std::uint64_t> stored_bytes(const source::NodeSource& source, std::span<const runtime::WantedImage> images) {
  std::map<crypto::Digest, std::uint64_t> blobs;
  for (const auto& image : images) {
    KF_TRY_ASSIGN(const oci::Descriptor part, descriptor_of(source, image.platform_digest));
    KF_TRY_ASSIGN(const Bytes bytes, source.read(part.digest, oci::k_max_manifest_bytes));
    KF_TRY_ASSIGN(const oci::Manifest manifest, oci::parse_manifest(bytes, part.media_type, image.reference));
    blobs.emplace(manifest.config.digest, manifest.config.size);
    for (const auto& layer : manifest.layers) {
      blobs.emplace(layer.digest, layer.size);
    }
  }
  std::uint64_t total = 0;
  for (const auto& [digest, size] : blobs) {
    total = checked_add(total, size).value_or(UINT64_MAX);
  }
  return total;
}

std::string sandbox_image(std::span<const std::string> references) {
  const auto found = std::ranges::find_if(references, [](const std::string& reference) {
    const auto colon = reference.rfind(':');
    return std::string_view(reference).substr(0, colon).ends_with("/pause");
  });
  return found == references.end() ? std::string() : *found;
}

}  // namespace kubeferry::node
