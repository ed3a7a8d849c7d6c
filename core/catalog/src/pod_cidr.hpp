// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/catalog/cni.hpp>

#include "manifest_text.hpp"

namespace kubeferry::catalog {

/// What must change so that the manifest says `cidrs` at `location`. None for a location outside the manifest. format
/// error when the place is not there, or has no room for one of them.
Result<std::vector<Edit>> pod_cidr_edits(std::string_view text, const std::vector<YamlNode>& documents,
                                         const PodCidrLocation& location, const std::vector<std::string>& cidrs,
                                         std::string_view what);

/// What it says there now; empty when it says nothing.
Result<std::vector<std::string>> pod_cidrs_at(const std::vector<YamlNode>& documents, const PodCidrLocation& location,
                                              std::string_view what);

}  // namespace kubeferry::catalog
