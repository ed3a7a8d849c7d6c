// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/catalog/needs.hpp>

namespace kubeferry::catalog {

/// What the spec's `packages` come to, each platform by itself. usage errors: a distribution or release that neither
/// the catalog nor the spec says anything of; repositories of another format than the distribution's.
Status add_packages(const Spec& spec, const Catalog& catalog, Needs& needs);

[[nodiscard]] Json to_json(const PackageNeed& need);

}  // namespace kubeferry::catalog
