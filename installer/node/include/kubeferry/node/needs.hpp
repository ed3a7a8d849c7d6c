// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/catalog/cni.hpp>
#include <kubeferry/oci/descriptor.hpp>
#include <kubeferry/platforms/platform.hpp>
#include <kubeferry/preflight/question.hpp>
#include <kubeferry/runtime/images.hpp>
#include <kubeferry/source/node_source.hpp>

// What of a bundle this cluster needs.
namespace kubeferry::node {

/// The pod network that a bundle brings.
struct PodNetwork {
  std::string name;                             ///< "flannel"
  std::string manifest;                         ///< YAML, as it is to be applied
  std::vector<std::string> cidrs;               ///< which network it is for; empty when nobody knows
  std::vector<std::string> images;              ///< as it writes them
  std::vector<std::string> run_time;            ///< images that it starts besides, and no manifest names
  catalog::PodCidrLocation pod_cidr_location;   ///< as catalog::Cni's
  std::optional<preflight::NetworkNeeds> host;  ///< what it asks of a host; absent: the catalog does not know it
};
/// Nothing when the bundle has none. Its network is what the manifest says, else what the bundle's spec asks for, else
/// the catalog's default. Errors of reading it; format errors of its YAML.
Result<std::optional<PodNetwork>> pod_network_of(const source::NodeSource& source);
/// What `network` asks of a host; nothing when there is none, or the catalog does not know it.
[[nodiscard]] std::optional<preflight::NetworkNeeds> host_needs(const std::optional<PodNetwork>& network);
/// `network` with `cidrs` written into it, unless it says so already. usage error when it does not say where.
Result<PodNetwork> with_cidrs(PodNetwork network, std::span<const std::string> cidrs);

/// Whether every program that the bundle has for `platform` is one for it, by its ELF header: integrity error naming
/// the file and both machines. Reads the beginning of each: errors of that.
Status check_programs(const source::NodeSource& source, const platforms::Platform& platform);

/// What the signed manifest says of each of `references` on `platform`, in their order, each once. integrity error that
/// counts and names those which the bundle does not hold for it (exit 13: the list is what this very kubeadm asks for,
/// so the bundle is not complete), with the hint to build it for this configuration. Reads their manifests and
/// configurations: errors of that, of oci::parse_manifest and of oci::parse_image_config. `names` says how the bundle
/// calls what has another name on this cluster; what is not in it has the same.
Result<std::vector<runtime::WantedImage>> wanted_images(const source::NodeSource& source,
                                                        const platforms::Platform& platform,
                                                        std::span<const std::string> references,
                                                        const std::map<std::string, std::string>& names = {});

/// Adds to `images` what `network` starts later, as far as the bundle holds it for `platform`: that is the catalog's
/// knowledge, not this cluster's, so that nothing is missing when it is not there. Errors as wanted_images().
Status add_run_time_images(std::vector<runtime::WantedImage>& images, const source::NodeSource& source,
                           const platforms::Platform& platform, const std::optional<PodNetwork>& network);

/// What the signed manifest says of an image or of one platform's part of it. integrity error when it knows neither.
Result<oci::Descriptor> descriptor_of(const source::NodeSource& source, const crypto::Digest& digest);

/// What the blobs of these images come to as they are stored, each counted once; bytes. Reads their manifests: errors
/// of that, of descriptor_of() and of oci::parse_manifest.
Result<std::uint64_t> stored_bytes(const source::NodeSource& source, std::span<const runtime::WantedImage> images);

/// The sandbox image among kubeadm's: the one whose repository ends in "/pause". Empty when there is none.
[[nodiscard]] std::string sandbox_image(std::span<const std::string> references);

}  // namespace kubeferry::node
