// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <kubeferry/base/result.hpp>

namespace kubeferry::host {

/// What class of error it was that a program died of, by what it printed: no_space when a disk, a quota or the inodes
/// were used up, else `otherwise`. Programs say it in the C library's or Go's words.
[[nodiscard]] ExitCode class_of(std::string_view said, ExitCode otherwise);

}  // namespace kubeferry::host
