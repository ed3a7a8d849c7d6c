// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kubeferry/base/text.hpp>

// Parsers of header values that come from servers: pure, total, and fuzzed (tests/fuzz/http_headers_fuzz.cpp).
namespace kubeferry::net {

/// One challenge of WWW-Authenticate (RFC 9110 §11.6.1).
struct Challenge {
  std::string scheme;                                           ///< lower case: "bearer", "basic", …
  std::vector<std::pair<std::string, std::string>> parameters;  ///< names in lower case, values unquoted

  /// The parameter of that name (lower case).
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
};

/// All challenges in one header value, as far as they can be read; a malformed rest is left out. At most 16.
[[nodiscard]] std::vector<Challenge> parse_challenges(std::string_view value);

/// "bytes 0-99/1000": both ends inclusive; `size` is missing for "…/*".
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::optional<std::uint64_t> size;
  [[nodiscard]] bool operator==(const ContentRange&) const = default;
};
/// Nothing when it is malformed, empty (last < first) or beyond its own size.
[[nodiscard]] std::optional<ContentRange> parse_content_range(std::string_view value);

/// Retry-After as seconds from `now`: a number, or an HTTP date (past ones are 0). Nothing when malformed.
/// Numbers that do not fit become the largest that does: the caller caps.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, TimePoint now);

/// The target of the first link with rel="next" (RFC 8288), as written.
[[nodiscard]] std::optional<std::string> next_link(std::string_view value);

/// A decimal number without sign, blanks or overflow.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view text);

/// May this be sent as a header value: printable ASCII and blanks only, so that nothing can end the line (M56)?
[[nodiscard]] bool is_safe_header_value(std::string_view value);

}  // namespace kubeferry::net
