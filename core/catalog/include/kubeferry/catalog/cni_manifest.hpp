// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/catalog/cni.hpp>

namespace kubeferry::catalog {

inline constexpr std::uint64_t k_max_manifest_bytes = std::uint64_t{4} << 20;

/// The images that a Kubernetes manifest (any number of YAML documents) runs: `image` of every element of a
/// `containers` or `initContainers` list, as written, each once, in order of appearance.
/// format error ("WHAT:LINE:COLUMN: …") for what is no YAML or an image that is no text; limit error when too long or
/// too deep. `what` names the manifest in errors.
Result<std::vector<std::string>> manifest_images(std::string_view text, std::string_view what);

/// Where a manifest names an image (docs/catalog.md, "Images in manifests").
enum class ImageIn {
  container,        ///< `image` of a container: what the kubelet pulls
  volume,           ///< `image.reference` of a Pod's volume
  environment,      ///< a container's variable with a name such as ROOK_CSI_CEPH_IMAGE
  argument,         ///< a container's flag with a name such as --engine-image
  config_map,       ///< a key of a ConfigMap with such a name
  custom_resource,  ///< `image`, `…Image` or `images` of a kind that is not Kubernetes' own
  doubtful,         ///< looks like an image, and nothing says that it is one: never taken for one
};

struct FoundImage {
  std::string reference;  ///< as written
  ImageIn in = ImageIn::container;
  std::string field;       ///< for people: "image", "env ROOK_CSI_CEPH_IMAGE", "--engine-image", "data.x", "spec.image"
  std::uint64_t line = 0;  ///< from 1
};

/// All images that a manifest names, and what looks like one, in order of appearance. Errors as manifest_images.
Result<std::vector<FoundImage>> found_images(std::string_view text, std::string_view what);

/// One thing that rewrite() changed.
struct ManifestChange {
  std::uint64_t line = 0;  ///< in the original, from 1
  std::string field;       ///< "image", "--engine-image", "imagePullPolicy", "net-conf.json", "CALICO_IPV4POOL_CIDR"
  std::string before;      ///< empty: it was not there
  std::string after;
};

struct RewrittenManifest {
  std::string text;
  std::vector<ManifestChange> changes;  ///< in order of appearance
};

struct ManifestRewrite {
  std::map<std::string, std::string> images;  ///< reference as written → reference to write; others stay
  std::vector<std::string> pod_cidr;          ///< one, or one of each family; empty: left as it is
  PodCidrLocation pod_cidr_location;          ///< as in Cni; outside the manifest: nothing is changed
};

/// The manifest with only these changed: mapped images wherever found_images() finds them (but for doubtful ones),
/// `imagePullPolicy: Always` of containers and custom resources (IfNotPresent: what is carried must not be asked of an
/// upstream), and the pod network. Every other byte stays.
/// Errors as manifest_images; format error besides when a pod CIDR is asked for and its place is not found.
Result<RewrittenManifest> rewrite_manifest(std::string_view text, const ManifestRewrite& rewrite,
                                           std::string_view what);

/// The pod network that a CNI's manifest says, by where it says it (Cni::pod_cidr_location): one CIDR, or an IPv4 and
/// an IPv6 one. Empty for a place outside the manifest, or one that says nothing. Errors as manifest_images.
Result<std::vector<std::string>> manifest_pod_cidrs(std::string_view text, const PodCidrLocation& location,
                                                    std::string_view what);

/// A manifest in the order in which it can be applied.
struct ManifestParts {
  std::string definitions;  ///< its CustomResourceDefinitions, when it has objects of the kinds that they define
  std::string rest;         ///< everything else, or everything
};
/// Errors as manifest_images.
Result<ManifestParts> apply_parts(std::string_view text, std::string_view what);

}  // namespace kubeferry::catalog
