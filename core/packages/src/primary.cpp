// SPDX-License-Identifier: Apache-2.0
#include "primary.hpp"

#include <array>

#include <kubeferry/base/text.hpp>

namespace kubeferry::packages {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> k_entities = {
    {{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&amp;", "&"}}};

std::string resolved(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t taken = 1;
    std::string_view piece = text.substr(0, 1);
    for (const auto& [entity, meaning] : k_entities) {
      if (text.starts_with(entity)) {
        taken = entity.size();
        piece = meaning;
      }
    }
    out += piece;
    text.remove_prefix(taken);
  }
  return out;
}

/// Where a start tag of `name` begins at or behind `from`.
std::size_t find_tag(std::string_view xml, std::string_view name, std::size_t from) {
  for (std::size_t at = xml.find('<', from); at != std::string_view::npos; at = xml.find('<', at + 1)) {
    const std::string_view rest = xml.substr(at + 1);
    if (rest.starts_with(name) && rest.size() > name.size() &&
        std::string_view(" \t\r\n/>").find(rest[name.size()]) != std::string_view::npos) {
      return at;
    }
  }
  return std::string_view::npos;
}

/// The element that starts at `at`, with its tags; empty when it does not end.
std::string_view element_at(std::string_view xml, std::string_view name, std::size_t at) {
  const auto tag_end = xml.find('>', at);
  if (tag_end == std::string_view::npos) {
    return {};
  }
  if (xml[tag_end - 1] == '/') {
    return xml.substr(at, tag_end + 1 - at);
  }
  const std::string close = fmt::format("</{}>", name);
  const auto end = xml.find(close, tag_end);
  return end == std::string_view::npos ? std::string_view() : xml.substr(at, end + close.size() - at);
}

}  // namespace

Status for_each_package(std::string_view xml, std::string_view what,
                        const std::function<Status(std::string_view)>& visit) {
  for (std::size_t at = find_tag(xml, "package", 0); at != std::string_view::npos; at = find_tag(xml, "package", at)) {
    const std::string_view element = element_at(xml, "package", at);
    if (element.empty()) {
      return fail(ExitCode::format, "{}: is cut off: a package does not end", what);
    }
    KF_TRY(visit(element));
    at += element.size();
  }
  return {};
}

std::string_view child(std::string_view element, std::string_view name) {
  const std::size_t at = element.empty() ? std::string_view::npos : find_tag(element, name, 1);
  return at == std::string_view::npos ? std::string_view() : element_at(element, name, at);
}

std::string attribute(std::string_view element, std::string_view name) {
  const std::string_view tag = element.substr(0, element.find('>'));
  for (std::size_t at = tag.find(name); at != std::string_view::npos; at = tag.find(name, at + 1)) {
    const auto equals = at + name.size();
    const bool whole = at > 0 && std::string_view(" \t\r\n").find(tag[at - 1]) != std::string_view::npos;
    if (!whole || equals + 1 >= tag.size() || tag[equals] != '=') {
      continue;
    }
    const char quote = tag[equals + 1];
    const auto end = tag.find(quote, equals + 2);
    if ((quote == '"' || quote == '\'') && end != std::string_view::npos) {
      return resolved(tag.substr(equals + 2, end - equals - 2));
    }
  }
  return {};
}

std::string content(std::string_view element) {
  const auto start = element.find('>');
  const auto end = element.rfind('<');
  if (start == std::string_view::npos || end <= start) {
    return {};
  }
  return resolved(trim(element.substr(start + 1, end - start - 1)));
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    std::string_view piece(&c, 1);
    for (const auto& [entity, meaning] : k_entities) {
      if (meaning.front() == c) {
        piece = entity;
      }
    }
    out += piece;
  }
  return out;
}

}  // namespace kubeferry::packages
