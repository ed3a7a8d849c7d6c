// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <kubeferry/catalog/apis.hpp>

#include "yaml_reader.hpp"

namespace kubeferry::catalog {

/// manifests/apis.yaml. usage errors: "FILE:LINE:COLUMN: …".
Result<std::vector<ServedApi>> read_apis_file(const YamlReader& root);

}  // namespace kubeferry::catalog
