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

/// What the spec of the bundle says of Pods' addresses: some networks take them from kubeadm alone, and their
/// manifests have no place for them.
Result<std::vector<std::string>> asked_cidrs(const source::NodeSource& source) {
  const auto& documents = source.manifest().documents;
  const auto row = std::ranges::find(documents, "spec", &bundle::DocumentRow::kind);
  if (row == documents.end()) {
    return std::vector<std::string>();
  }
  KF_TRY_ASSIGN(const Bytes bytes, source.read(row->digest, catalog::k_max_spec_bytes));
  KF_TRY_ASSIGN(const catalog::Spec spec, catalog::parse_spec(as_text(bytes), row->name));
  return spec.cni ? spec.cni->pod_cidr : std::vector<std::string>();
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
  // One that the catalog does not know is applied as it is.
  const auto known = catalog.cni(out.name);
  if (known) {
    out.pod_cidr_location = (*known)->pod_cidr_location;
  }
  KF_TRY_ASSIGN(out.cidrs, catalog::manifest_pod_cidrs(out.manifest, out.pod_cidr_location, row->name));
  using Kind = catalog::PodCidrLocation::Kind;
  if (out.pod_cidr_location.kind == Kind::node || !known) {
    KF_TRY_ASSIGN(out.cidrs, asked_cidrs(source));
  }
  if (out.cidrs.empty() && out.pod_cidr_location.kind != Kind::unknown) {
    out.cidrs = {(*known)->pod_cidr};
  }
  KF_TRY_ASSIGN(out.images, catalog::manifest_images(out.manifest, row->name));
  return std::optional(std::move(out));
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
    const bundle::ImageRow* row = find_row(source.manifest(), reference);
    const bundle::PlatformManifest* part = row == nullptr ? nullptr : find_part(*row, platform.name);
    if (part == nullptr) {
      missing.push_back(text);
      continue;
    }
    KF_TRY_ASSIGN(std::string architecture, architecture_of(source, part->descriptor, text));
    out.push_back({text, row->descriptor.digest, part->descriptor.digest, std::move(architecture)});
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
