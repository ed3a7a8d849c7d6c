// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace kubeferry {

namespace {

constexpr std::string_view k_hex = "0123456789abcdef";
constexpr std::string_view k_base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_value(char c) {
  const auto position = k_hex.find(c);
  return position == std::string_view::npos ? -1 : static_cast<int>(position);
}

int base64_value(char c) {
  if (c == '-') {
    c = '+';
  } else if (c == '_') {
    c = '/';
  }
  const auto position = k_base64.find(c);
  return position == std::string_view::npos ? -1 : static_cast<int>(position);
}

/// Length in bytes of the well-formed UTF-8 sequence at the start of `text` (RFC 3629), or 0.
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t n) { return n < text.size() ? static_cast<unsigned char>(text[n]) : 0U; };
  const auto tail = [&](std::size_t n, unsigned low = 0x80, unsigned high = 0xbf) {
    return at(n) >= low && at(n) <= high;
  };
  const unsigned first = at(0);
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xc2 && first <= 0xdf) {
    return tail(1) ? 2 : 0;
  }
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : 0xbf;
    return tail(1, low, high) && tail(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row.back();
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    text += k_hex[std::to_integer<unsigned>(b) >> 4];
    text += k_hex[std::to_integer<unsigned>(b) & 15U];
  }
  return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) {
    return std::nullopt;
  }
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t n = 0; n < text.size(); n += 2) {
    const int high = hex_value(text[n]);
    const int low = hex_value(text[n + 1]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<std::byte>(high * 16 + low));
  }
  return bytes;
}

std::string to_base64(ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t n = 0; n < bytes.size(); n += 3) {
    const auto at = [&](std::size_t k) { return n + k < bytes.size() ? std::to_integer<unsigned>(bytes[n + k]) : 0U; };
    const unsigned group = (at(0) << 16) | (at(1) << 8) | at(2);
    text += k_base64[group >> 18];
    text += k_base64[(group >> 12) & 63U];
    text += n + 1 < bytes.size() ? k_base64[(group >> 6) & 63U] : '=';
    text += n + 2 < bytes.size() ? k_base64[group & 63U] : '=';
  }
  return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t n = 0; n < text.size(); n += 4) {
    const bool last = n + 4 == text.size();
    const std::size_t pad = last ? (text[n + 3] != '=' ? 0U : text[n + 2] != '=' ? 1U : 2U) : 0U;
    unsigned group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const int value = k >= 4 - pad ? 0 : base64_value(text[n + k]);
      if (value < 0) {
        return std::nullopt;
      }
      group = (group << 6) | static_cast<unsigned>(value);
    }
    // Bits that no byte uses must be zero, or two texts would mean the same bytes.
    if ((pad == 1 && (group & 0xffU) != 0) || (pad == 2 && (group & 0xffffU) != 0)) {
      return std::nullopt;
    }
    for (std::size_t k = 0; k < 3 - pad; ++k) {
      bytes.push_back(static_cast<std::byte>((group >> (16 - 8 * k)) & 0xffU));
    }
  }
  return bytes;
}

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 5> k_units = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) {
    return fmt::format("{} B", bytes);
  }
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < k_units.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, k_units[unit]);
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit = lower(text.substr(static_cast<std::size_t>(end - text.data())));
  static constexpr std::string_view k_prefixes = "kmgt";
  std::uint64_t factor = 1;
  bool known = problem == std::errc{};
  if (known && !unit.empty() && unit != "b") {
    const auto power = k_prefixes.find(unit[0]);
    known = power != std::string_view::npos && (unit.size() == 1 || unit.substr(1) == "ib" || unit.substr(1) == "b");
    if (known) {
      factor = std::uint64_t{1} << (10 * (power + 1));
    }
  }
  const auto bytes = known ? checked_multiply(number, factor) : std::nullopt;
  if (!bytes) {
    return fail(ExitCode::usage, "\"{}\" is no size: write bytes, or a number with K, M, G or T", printable(text));
  }
  return *bytes;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    // U+0080 to U+009F are control characters too (C1), and some terminals obey them.
    const bool c1 = length == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
    if (length == 0 || first < 0x20 || first == 0x7f || c1) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(first));
      text.remove_prefix(1);
      if (c1) {
        out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(text[0])));
        text.remove_prefix(1);
      }
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return out;
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = word.size() / 3 + 2;
  for (const auto candidate : candidates) {
    const std::size_t distance = edit_distance(lower(word), lower(candidate));
    if (distance < best_distance) {
      best_distance = distance;
      best = std::string(candidate);
    }
  }
  return best;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto position = text.find(separator);
    parts.push_back(text.substr(0, position));
    if (position == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(position + 1);
  }
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string expand(std::string_view text, const Variables& variables) {
  std::string result(text);
  for (const auto& [name, value] : variables) {
    const std::string braced = fmt::format("{{{}}}", name);
    for (auto at = result.find(braced); at != std::string::npos; at = result.find(braced, at + value.size())) {
      result.replace(at, braced.size(), value);
    }
  }
  return result;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && lower(a) == lower(b);
}

std::string to_rfc3339(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

Result<TimePoint> parse_rfc3339(std::string_view text) {
  const auto wrong = [&] {
    return fail(ExitCode::format, "\"{}\" is no time like 2026-11-21T03:15:00Z", printable(text));
  };
  if (text.size() != 20) {
    return wrong();
  }
  static constexpr std::string_view k_shape = "dddd-dd-ddTdd:dd:ddZ";
  for (std::size_t n = 0; n < k_shape.size(); ++n) {
    if (k_shape[n] == 'd' ? (text[n] < '0' || text[n] > '9') : text[n] != k_shape[n]) {
      return wrong();
    }
  }
  const auto number = [&](std::size_t at, std::size_t length) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + length, value);
    return value;
  };
  using namespace std::chrono;
  const year_month_day date{year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                            day(static_cast<unsigned>(number(8, 2)))};
  const int h = number(11, 2);
  const int m = number(14, 2);
  const int s = number(17, 2);
  if (!date.ok() || h > 23 || m > 59 || s > 59) {
    return wrong();
  }
  return sys_days(date) + hours(h) + minutes(m) + seconds(s);
}

}  // namespace kubeferry
