// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/version.hpp>

#include <charconv>

#include <fmt/format.h>

namespace kubeferry::runtime {

namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes a number off the front of `rest`.
std::optional<int> take_number(std::string_view& rest) {
  int value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc() || !is_digit(rest.front())) {
    return std::nullopt;
  }
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return value;
}

std::optional<int> take_dot_number(std::string_view& rest) {
  if (rest.size() < 2 || rest[0] != '.' || !is_digit(rest[1])) {
    return std::nullopt;
  }
  rest.remove_prefix(1);
  return take_number(rest);
}

}  // namespace

std::string Version::to_string() const { return fmt::format("{}.{}.{}", major, minor, patch); }

std::optional<Version> find_version(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    // Not inside a word or a longer number, so that "deb12u3" and "v2" of an import path are no versions.
    const char before = at == 0 ? ' ' : text[at - 1];
    const bool starts = before == ' ' || before == '\t' || before == '\n' || before == '"' || before == 'v';
    if (!is_digit(text[at]) || !starts) {
      continue;
    }
    std::string_view rest = text.substr(at);
    const auto major = take_number(rest);
    const auto minor = major ? take_dot_number(rest) : std::nullopt;
    if (minor) {
      return Version{*major, *minor, take_dot_number(rest).value_or(0)};
    }
  }
  return std::nullopt;
}

}  // namespace kubeferry::runtime
