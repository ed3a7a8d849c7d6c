// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "spec_parts.hpp"

namespace kubeferry::catalog {

/// The spec's key `packages`: a list of "debian-12" and mappings. usage errors with their place.
Result<std::vector<PackagesSpec>> read_packages(const YamlReader& reader, const SpecContext& context);

}  // namespace kubeferry::catalog
