// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace kubeferry::registry_server {

/// A part of a blob: [first, first + length).
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};
/// No byte of the blob is in what was asked for: 416.
struct Unsatisfiable {};
/// To be answered as if there were no Range field: another unit, several ranges, or not well-formed (RFC 9110 §14.2).
struct IgnoredRange {};

/// What a Range field means for a blob of `size` bytes.
[[nodiscard]] std::variant<IgnoredRange, Unsatisfiable, ByteRange> parse_range(std::string_view field,
                                                                               std::uint64_t size);

/// Decimal digits only; nothing otherwise, or when it does not fit.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace kubeferry::registry_server
