// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry::bundle {

/// Writes all of `parts`, one behind the other, from `offset` of the file on, in as few calls as possible
/// (pwritev(2)). The number of bytes; io and no_space errors, which name `what`.
Result<std::uint64_t> write_parts_at(int fd, std::uint64_t offset, std::span<const ByteView> parts,
                                     std::string_view what);

}  // namespace kubeferry::bundle
