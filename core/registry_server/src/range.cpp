// SPDX-License-Identifier: Apache-2.0
#include "range.hpp"

#include <algorithm>
#include <charconv>

#include <kubeferry/base/text.hpp>

namespace kubeferry::registry_server {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::variant<IgnoredRange, Unsatisfiable, ByteRange> parse_range(std::string_view field, std::uint64_t size) {
  const std::size_t equals = field.find('=');
  if (equals == std::string_view::npos || !equals_ignoring_case(trim(field.substr(0, equals)), "bytes")) {
    return IgnoredRange{};
  }
  const std::string_view set = trim(field.substr(equals + 1));
  const std::size_t dash = set.find('-');
  // Clients that put a Range on every request would get an error for an empty blob; nothing is lost by sending nothing.
  if (dash == std::string_view::npos || size == 0) {
    return IgnoredRange{};
  }
  const std::string_view from = set.substr(0, dash);
  const std::string_view to = set.substr(dash + 1);
  if (from.empty()) {
    const auto suffix = parse_number(to);
    if (!suffix) {
      return IgnoredRange{};
    }
    if (*suffix == 0) {
      return Unsatisfiable{};
    }
    const std::uint64_t length = std::min(*suffix, size);
    return ByteRange{size - length, length};
  }
  const auto first = parse_number(from);
  const auto last = to.empty() ? std::optional(size - 1) : parse_number(to);
  if (!first || !last || (!to.empty() && *last < *first)) {
    return IgnoredRange{};
  }
  if (*first >= size) {
    return Unsatisfiable{};
  }
  return ByteRange{*first, std::min(*last, size - 1) - *first + 1};
}

}  // namespace kubeferry::registry_server
