// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/catalog/cni.hpp>

#include "yaml_reader.hpp"

namespace kubeferry::catalog {

/// A file of manifests/cni. usage errors: "FILE:LINE:COLUMN: …".
Result<Cni> read_cni_file(const YamlReader& root);

}  // namespace kubeferry::catalog
