// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/catalog/distribution.hpp>

#include "yaml_reader.hpp"

namespace kubeferry::catalog {

/// manifests/packages/NAME.yaml. usage errors with their place.
Result<Distribution> read_distribution_file(const YamlReader& root);

/// One repository of a distribution, in the catalog or in a spec; `keyring` as it is written.
Result<PackageSource> read_package_source(const YamlReader& reader, PackageFormat format);

/// Names of packages: not empty, each once, none that a package manager could take for an option or a removal.
Result<std::vector<std::string>> read_package_names(const YamlReader& reader);

}  // namespace kubeferry::catalog
