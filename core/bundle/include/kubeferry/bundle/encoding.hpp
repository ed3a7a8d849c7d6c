// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/stream.hpp>
#include <kubeferry/bundle/manifest.hpp>

// How a blob's bytes are stored. The list is open: an encoding is a name and a way to read; nothing outside this file
// asks which one a blob has.
namespace kubeferry::bundle {

inline constexpr std::string_view k_raw = "raw";
inline constexpr std::string_view k_zstd = "zstd";

/// Content bytes in each frame of a zstd-encoded blob; the last may have fewer. Small enough to hold in memory, large
/// enough that the loss in compression stays near one percent.
inline constexpr std::uint64_t k_zstd_piece_bytes = std::uint64_t{4} * 1024 * 1024;

/// A place in the file where blob bytes stand as they are.
struct StoredSpan {
  std::uint64_t payload_offset = 0;
  std::uint64_t length = 0;
};

/// Random access to a blob's own bytes, whatever its encoding. Thread-safe.
class BlobContent : public RandomSource {
public:
  /// Where bytes from `offset` on stand in the payload unchanged; nothing when this encoding changes them.
  [[nodiscard]] virtual std::optional<StoredSpan> stored_span(std::uint64_t offset) const = 0;
};

/// Opens `row`'s content over the payload. `payload` gives verified bytes only and must outlive the result.
/// format error for an encoding that this program does not know.
Result<std::unique_ptr<BlobContent>> open_content(const BlobRow& row, std::shared_ptr<const RandomSource> payload);

/// Whether `row`'s encoding is known and its stored length is possible for its size; format error otherwise.
Status check_encoding(const BlobRow& row);

}  // namespace kubeferry::bundle
