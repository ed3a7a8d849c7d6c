// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/stream.hpp>

namespace kubeferry::archive {

/// All that a file holds, which is plain or compressed as a whole with gzip, xz or zstd, by its own first bytes.
///
/// limit error past `limit` bytes of content, or when the compression wants more than 128 MiB of memory; format error,
/// naming `what`, when it is damaged or cut off. Errors of `source` come through unchanged.
Result<std::string> decompress(Source& source, std::uint64_t limit, std::string_view what);

}  // namespace kubeferry::archive
