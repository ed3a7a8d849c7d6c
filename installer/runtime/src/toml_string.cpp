// SPDX-License-Identifier: Apache-2.0
#include "toml_string.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace kubeferry::runtime {

namespace {

constexpr std::string_view k_three_basic = "\"\"\"";
constexpr std::string_view k_three_literal = "'''";

bool is_long(std::string_view text) { return text.starts_with(k_three_basic) || text.starts_with(k_three_literal); }

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | (code >> 6));
    byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3f));
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3f));
    byte(0x80 | ((code >> 6) & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
}

std::optional<std::uint32_t> hexadecimal(std::string_view digits) {
  std::uint32_t code = 0;
  for (const char c : digits) {
    const std::string_view alphabet = "0123456789abcdef";
    const auto value = alphabet.find(static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c));
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    code = code * 16 + static_cast<std::uint32_t>(value);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code > 0x10ffff || surrogate ? std::nullopt : std::optional(code);
}

/// Takes an escape, behind its backslash, off the front of `rest`.
bool take_escape(std::string_view& rest, std::string& out) {
  constexpr std::string_view k_names = "btnfr\"\\";
  constexpr std::string_view k_meanings = "\b\t\n\f\r\"\\";
  const char name = rest.empty() ? '\0' : rest.front();
  if (const auto at = k_names.find(name); name != '\0' && at != std::string_view::npos) {
    out += k_meanings[at];
    rest.remove_prefix(1);
    return true;
  }
  const std::size_t digits = name == 'u' ? 4 : name == 'U' ? 8 : 0;
  const auto code = digits != 0 && rest.size() > digits ? hexadecimal(rest.substr(1, digits)) : std::nullopt;
  if (code) {
    append_utf8(out, *code);
    rest.remove_prefix(1 + digits);
    return true;
  }
  // A backslash at the end of a line swallows white space up to the next character.
  const auto next = std::min(rest.find_first_not_of(" \t\r\n"), rest.size());
  if (rest.substr(0, next).find('\n') == std::string_view::npos) {
    return false;
  }
  rest.remove_prefix(next);
  return true;
}

std::optional<std::string> unescaped(std::string_view rest) {
  std::string out;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c != '\\') {
      out += c;
    } else if (!take_escape(rest, out)) {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace

std::optional<std::size_t> toml_string_length(std::string_view text) {
  const char quote = text.front();
  const bool long_one = is_long(text);
  const std::size_t quotes = long_one ? 3 : 1;
  for (std::size_t at = quotes; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (!long_one && text[at] == '\n') {
      return std::nullopt;
    } else if (text[at] == quote && (!long_one || text.substr(at).starts_with(text.substr(0, 3)))) {
      std::size_t end = at + quotes;
      // A long string may end in one or two quotes of its own.
      while (long_one && end < text.size() && end < at + 5 && text[end] == quote) {
        ++end;
      }
      return end;
    }
  }
  return std::nullopt;
}

std::optional<std::string> decode_toml_string(std::string_view raw) {
  if (raw.size() < 2 || (raw.front() != '"' && raw.front() != '\'') || toml_string_length(raw) != raw.size()) {
    return std::nullopt;
  }
  const std::size_t quotes = is_long(raw) ? 3 : 1;
  std::string_view inside = raw.substr(quotes, raw.size() - 2 * quotes);
  if (quotes == 3 && inside.starts_with('\n')) {
    inside.remove_prefix(1);
  }
  return raw.front() == '\'' ? std::optional(std::string(inside)) : unescaped(inside);
}

}  // namespace kubeferry::runtime
