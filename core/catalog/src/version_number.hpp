// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace kubeferry::catalog {

/// What {number} stands for in the catalog's templates: a version without its leading "v".
[[nodiscard]] inline std::string_view without_v(std::string_view version) {
  return version.starts_with('v') ? version.substr(1) : version;
}

}  // namespace kubeferry::catalog
