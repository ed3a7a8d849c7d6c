// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/catalog/version.hpp>

namespace kubeferry::catalog {

/// Kinds that API servers serve under one apiVersion, in these minors.
struct ServedApi {
  std::string group;  ///< empty: the core group
  std::string version;
  std::vector<std::string> kinds;
  std::uint32_t since = 0;
  std::optional<std::uint32_t> until;  ///< the last minor; none: the newest known still serves it
  bool off_by_default = false;         ///< only with --runtime-config

  [[nodiscard]] std::string api_version() const;  ///< "apps/v1", "v1"
};

struct Catalog;

/// Sees that every object of a manifest is of an apiVersion that this Kubernetes serves. What the catalog does not know
/// passes: kinds of CustomResourceDefinitions, above all.
///
/// usage error that names the first object that is not, its apiVersion and the last or first minor that serves it; the
/// hint is the apiVersion that is served instead, when there is one. Other errors as manifest_images.
Status check_apis(const Catalog& catalog, std::string_view manifest, std::string_view what,
                  const KubernetesVersion& kubernetes);

}  // namespace kubeferry::catalog
