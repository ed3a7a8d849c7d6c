// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <kubeferry/node/site_registry.hpp>
#include <kubeferry/steps/basic_steps.hpp>

namespace kubeferry::node {

/// A step that applies `manifest` with the administrator's kubeconfig, definitions of kinds first. Satisfied when the
/// cluster has all of it as it is. `action` has its kind, target and summary.
std::unique_ptr<const steps::Step> applied(steps::Action action, std::string kubectl, std::string manifest);

/// Takes the images of a manifest from the site's registry, in the text and in `wanted`.
Status rename_images(std::string& manifest, std::vector<std::string>& wanted, const std::string& name,
                     const SiteNames& names);

}  // namespace kubeferry::node
