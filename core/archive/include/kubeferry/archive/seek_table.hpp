// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>

// The seek table of zstd's seekable format, version 0.1.0 (zstd: contrib/seekable_format): a skippable frame that ends
// the file, 8 bytes for each frame before it, no checksums. Bundles do not need it (their manifest says where blobs
// lie); other tools do.
namespace kubeferry::archive {

struct FrameSize {
  std::uint32_t stored = 0;   ///< bytes in the file
  std::uint32_t content = 0;  ///< bytes when decompressed
};

/// Bytes that the table for `frames` frames takes.
[[nodiscard]] std::uint64_t seek_table_bytes(std::uint64_t frames);

/// The table as a complete skippable frame.
[[nodiscard]] Bytes seek_table(const std::vector<FrameSize>& frames);

/// Strict inverse of seek_table(). format error otherwise.
Result<std::vector<FrameSize>> parse_seek_table(ByteView frame);

}  // namespace kubeferry::archive
