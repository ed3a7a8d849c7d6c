// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <kubeferry/node/site_registry.hpp>
#include <kubeferry/source/node_source.hpp>
#include <kubeferry/steps/step.hpp>

// What a bundle brings for the cluster besides the pod network: the `manifests` of its spec.
namespace kubeferry::node {

/// A manifest to be applied after the pod network.
struct ExtraManifest {
  std::string name;                 ///< "metallb-native"
  std::string manifest;             ///< YAML, as it is to be applied
  std::vector<std::string> images;  ///< of its containers, as it writes them
};
/// In their order; not those that are only carried. Errors of reading them; format errors of their YAML.
Result<std::vector<ExtraManifest>> extra_manifests_of(const source::NodeSource& source);

/// The manifest with its images taken from the site's registry. Those that the bundle does not name stay as they are.
Result<ExtraManifest> with_site_images(ExtraManifest extra, const SiteNames& names);

/// Applies it with the administrator's kubeconfig, as pod_network() does. What it made goes with the cluster.
[[nodiscard]] std::unique_ptr<const steps::Step> extra_manifest(std::string kubectl, std::string name,
                                                                std::string manifest);

}  // namespace kubeferry::node
