// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <kubeferry/base/result.hpp>

namespace kubeferry {

/// This program's version, as CMake's project() states it: "0.1.0".
extern const std::string_view k_version;

/// Whether version `a` is older than `b`. Both are MAJOR.MINOR.PATCH in decimal; format error otherwise.
Result<bool> older_than(std::string_view a, std::string_view b);

}  // namespace kubeferry
