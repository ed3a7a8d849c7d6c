// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <kubeferry/catalog/catalog.hpp>

namespace kubeferry::catalog {

/// Whether `text` is a value of an Availability: "any", "<= 1.26.15", "< 3.6", ">= 1.7.0".
bool is_bound(std::string_view text);

}  // namespace kubeferry::catalog
