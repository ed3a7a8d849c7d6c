// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/toml.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>

#include "toml_scanner.hpp"
#include "toml_string.hpp"

namespace kubeferry::runtime {

namespace {

bool is_bare(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool starts_with(const TomlPath& path, const TomlPath& start) {
  return path.size() >= start.size() && std::equal(start.begin(), start.end(), path.begin());
}

TomlPath first_of(const TomlPath& path, std::size_t names) {
  return {path.begin(), path.begin() + static_cast<std::ptrdiff_t>(names)};
}

}  // namespace

std::string to_toml(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string toml_key(const TomlPath& path) {
  std::string out;
  for (const std::string& name : path) {
    out += out.empty() ? "" : ".";
    out += is_bare(name) ? name : to_toml(std::string_view(name));
  }
  return out;
}

std::string to_toml(std::span<const std::string> list) {
  std::string out = "[";
  for (const std::string& item : list) {
    out += out.size() == 1 ? "" : ", ";
    out += to_toml(std::string_view(item));
  }
  return out + "]";
}

Result<TomlText> TomlText::parse(std::string text, std::string_view what) {
  TomlText result;
  result.text_ = std::move(text);
  result.what_ = what;
  KF_TRY(result.scan());
  return result;
}

Status TomlText::scan() {
  values_.clear();
  headers_.clear();
  return Scanner(text_, what_, values_, headers_).run();
}

const TomlText::Value* TomlText::find(const TomlPath& path) const {
  const auto found = std::find_if(values_.begin(), values_.end(), [&](const Value& v) { return v.path == path; });
  return found == values_.end() ? nullptr : &*found;
}

std::optional<std::string_view> TomlText::raw(const TomlPath& path) const {
  const Value* value = find(path);
  return value == nullptr ? std::nullopt
                          : std::optional(std::string_view(text_).substr(value->begin, value->end - value->begin));
}

std::optional<std::string> TomlText::string(const TomlPath& path) const {
  const auto value = raw(path);
  return value ? decode_toml_string(*value) : std::nullopt;
}

std::optional<bool> TomlText::boolean(const TomlPath& path) const {
  const auto value = raw(path);
  return value == "true" ? std::optional(true) : value == "false" ? std::optional(false) : std::nullopt;
}

std::optional<std::vector<std::string>> TomlText::strings(const TomlPath& path) const {
  const auto value = raw(path);
  if (!value || !value->starts_with('[')) {
    return std::nullopt;
  }
  std::vector<std::string> items;
  std::string_view rest = value->substr(1);
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n,"), rest.size()));
    if (rest.starts_with('#')) {
      rest.remove_prefix(std::min(rest.find('\n'), rest.size()));
      continue;
    }
    if (rest == "]") {
      return items;
    }
    const bool quoted = rest.starts_with('"') || rest.starts_with('\'');
    const auto length = quoted ? toml_string_length(rest) : std::nullopt;
    auto item = length ? decode_toml_string(rest.substr(0, *length)) : std::nullopt;
    if (!item) {
      return std::nullopt;
    }
    items.push_back(std::move(*item));
    rest.remove_prefix(*length);
  }
}

bool TomlText::has(const TomlPath& path) const {
  return std::any_of(values_.begin(), values_.end(), [&](const Value& v) { return starts_with(v.path, path); }) ||
         std::any_of(headers_.begin(), headers_.end(), [&](const Header& h) { return starts_with(h.path, path); });
}

std::vector<std::string> TomlText::names_below(const TomlPath& path) const {
  std::vector<std::pair<std::size_t, std::string>> found;
  const auto look = [&](const TomlPath& other, std::size_t at) {
    if (starts_with(other, path) && other.size() > path.size()) {
      found.emplace_back(at, other[path.size()]);
    }
  };
  for (const Header& header : headers_) {
    look(header.path, header.begin);
  }
  for (const Value& value : values_) {
    look(value.path, value.begin);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (auto& [at, name] : found) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

Status TomlText::insert(std::size_t at, std::string_view statement) {
  std::string lines(statement);
  if (at > 0 && text_[at - 1] != '\n') {
    lines.insert(0, "\n");
  }
  text_.insert(at, lines);
  return scan();
}

Status TomlText::replace(const Value& there, std::string_view value) {
  const auto old = std::string_view(text_).substr(there.begin, there.end - there.begin);
  const auto meant = decode_toml_string(value);
  if (old == value || (meant && decode_toml_string(old) == meant)) {
    return {};
  }
  text_.replace(there.begin, there.end - there.begin, value);
  return scan();
}

/// Nothing can be added below a value, an inline table or an array of tables.
Status TomlText::check_open(const TomlPath& table) const {
  for (std::size_t names = 1; names <= table.size(); ++names) {
    const TomlPath part = first_of(table, names);
    const bool array = std::any_of(headers_.begin(), headers_.end(),
                                   [&](const Header& header) { return header.array && header.path == part; });
    if (array || find(part) != nullptr) {
      return fail(ExitCode::unsupported_host, "{}: {} is {}, to which nothing can be added", what_, toml_key(part),
                  array ? "an array of tables" : "an inline table or a value");
    }
  }
  return {};
}

/// Before the first table, behind the keys that stand there: anywhere else a key would belong to a table.
std::size_t TomlText::end_of_top() const {
  std::size_t at = headers_.empty() ? text_.size() : headers_.front().begin;
  for (const Value& value : values_) {
    at = value.table == 0 && !value.inside ? value.line_end : at;
  }
  return at;
}

Status TomlText::set(const TomlPath& path, std::string_view value) {
  if (const Value* there = find(path); there != nullptr) {
    return replace(*there, value);
  }
  const TomlPath table = first_of(path, path.size() - 1);
  KF_TRY(check_open(table));
  if (table.empty()) {
    return insert(end_of_top(), fmt::format("{} = {}\n", toml_key(path), value));
  }
  const std::string name = toml_key(TomlPath{path.back()});
  const auto header = std::find_if(headers_.begin(), headers_.end(), [&](const Header& h) { return h.path == table; });
  if (header != headers_.end()) {
    const std::string_view line = std::string_view(text_).substr(header->begin, header->line_end - header->begin);
    return insert(header->line_end, fmt::format("{}  {} = {}\n", line.substr(0, line.find('[')), name, value));
  }
  // A table made by dotted keys may not get a header: it goes on where it was made.
  for (auto other = values_.rbegin(); other != values_.rend(); ++other) {
    if (!other->inside && other->table < table.size() && starts_with(other->path, table)) {
      const TomlPath rest(path.begin() + static_cast<std::ptrdiff_t>(other->table), path.end());
      return insert(other->line_end, fmt::format("{} = {}\n", toml_key(rest), value));
    }
  }
  return insert(text_.size(),
                fmt::format("{}[{}]\n  {} = {}\n", text_.empty() ? "" : "\n", toml_key(table), name, value));
}

}  // namespace kubeferry::runtime
