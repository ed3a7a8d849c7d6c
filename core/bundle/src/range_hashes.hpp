// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/digest.hpp>

namespace kubeferry::bundle {

/// Bytes of a file.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// Fills a buffer from `offset` of the file.
using ReadAt = std::function<Status(std::uint64_t offset, MutableByteView buffer)>;

/// The SHA-256 of each range, hashed side by side where that is faster (crypto::sha256_lanes() ranges of equal length
/// are best). Reads each byte once; holds 64 KiB for each range, at most 2 MiB. Errors: those of `read`.
Result<std::vector<crypto::Digest>> hash_ranges(const ReadAt& read, std::span<const ByteRange> ranges);

}  // namespace kubeferry::bundle
