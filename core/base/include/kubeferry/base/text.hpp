// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry {

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(ByteView bytes);
/// Strict inverse of to_hex: lower case only, even length; nothing otherwise.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

/// Standard base64 with padding (RFC 4648 §4).
[[nodiscard]] std::string to_base64(ByteView bytes);
/// Standard or URL-safe alphabet, padded; white space or anything else: nothing.
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text);

/// "561 B", "1.2 KiB", "36.4 MiB".
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);

/// "500M", "4GiB", "4g", "1048576" → bytes (powers of 1024). usage error otherwise.
Result<std::uint64_t> parse_bytes(std::string_view text);

/// Text from outside made safe for a terminal: control characters and ill-formed UTF-8 become \xNN.
[[nodiscard]] std::string printable(std::string_view text);

/// The candidate nearest to `word` by edit distance, when it is near enough to be a likely typing error.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates);

[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::string lower(std::string_view text);  ///< ASCII only, whatever the locale
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

using Variables = std::vector<std::pair<std::string_view, std::string_view>>;
/// `text` with each {name} replaced by its value; one replacement is not looked at again for the same name.
[[nodiscard]] std::string expand(std::string_view text, const Variables& variables);

using TimePoint = std::chrono::sys_seconds;

/// "2026-11-21T03:15:00Z" (RFC 3339, UTC, whole seconds).
[[nodiscard]] std::string to_rfc3339(TimePoint time);
/// Strict inverse of to_rfc3339; format error otherwise.
Result<TimePoint> parse_rfc3339(std::string_view text);

}  // namespace kubeferry
