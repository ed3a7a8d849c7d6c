// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include <kubeferry/base/text.hpp>
#include <kubeferry/registry_server/request.hpp>

namespace kubeferry::registry_server {

namespace {

enum class Plus { literal, space };

std::optional<unsigned> hex_value(char digit) {
  if (digit >= '0' && digit <= '9') {
    return static_cast<unsigned>(digit - '0');
  }
  const char small = static_cast<char>(digit | 0x20);
  if (small >= 'a' && small <= 'f') {
    return static_cast<unsigned>(small - 'a') + 10;
  }
  return std::nullopt;
}

std::optional<std::string> decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) {
        return std::nullopt;
      }
      const auto high = hex_value(text[i + 1]);
      const auto low = hex_value(text[i + 2]);
      if (!high || !low) {
        return std::nullopt;
      }
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    } else if (c == '+' && plus == Plus::space) {
      c = ' ';
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return std::nullopt;
    }
    out.push_back(c);
  }
  return out;
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// "http://host/path" → "/path": RFC 9112 §3.2.2 makes servers accept the form proxies use.
std::optional<std::string_view> origin_form(std::string_view target) {
  if (target.starts_with('/')) {
    return target;
  }
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string name = lower(target.substr(0, scheme));
  if (name != "http" && name != "https") {
    return std::nullopt;
  }
  const std::size_t slash = target.find('/', scheme + 3);
  return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
}

}  // namespace

std::optional<Target> parse_target(std::string_view target) {
  const auto origin = origin_form(target);
  if (!origin) {
    return std::nullopt;
  }
  const std::string_view whole = origin->substr(0, origin->find('#'));
  const std::size_t question = whole.find('?');
  Target out;
  auto path = decode(whole.substr(0, question), Plus::literal);
  if (!path) {
    return std::nullopt;
  }
  out.path = std::move(*path);
  if (question == std::string_view::npos) {
    return out;
  }
  for (const std::string_view pair : split(whole.substr(question + 1), '&')) {
    const std::size_t equals = pair.find('=');
    auto key = decode(pair.substr(0, equals), Plus::space);
    auto value = decode(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), Plus::space);
    if (!key || !value) {
      return std::nullopt;
    }
    if (!key->empty()) {
      out.query.emplace_back(std::move(*key), std::move(*value));
    }
  }
  return out;
}

std::string encode_component(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c) || c == '/') {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::optional<std::string_view> Request::parameter(std::string_view key) const {
  const auto found = std::find_if(query.begin(), query.end(), [&](const auto& pair) { return pair.first == key; });
  return found == query.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

}  // namespace kubeferry::registry_server
