// SPDX-License-Identifier: Apache-2.0
#include "yaml_reader.hpp"

#include <algorithm>
#include <charconv>

#include <kubeferry/base/text.hpp>

namespace kubeferry::catalog {

namespace {

std::string_view kind_name(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::null: return "nothing";
    case YamlNode::Kind::scalar: return "a single value";
    case YamlNode::Kind::sequence: return "a list";
    case YamlNode::Kind::mapping: return "a mapping";
  }
  return "nothing";
}

std::string wrong_kind(std::string_view wanted, YamlNode::Kind found) {
  return fmt::format("must be {}, is {}", wanted, kind_name(found));
}

std::string join(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

}  // namespace

Failure YamlReader::wrong(std::string_view problem, std::string_view hint) const {
  Failure failure = fail(ExitCode::usage, "{}:{}:{}: {}{}{}", file_, node_->line, node_->column, path_,
                         path_.empty() ? "" : ": ", problem);
  failure.value().hint = hint;
  return failure;
}

Status YamlReader::only(std::initializer_list<std::string_view> known) const {
  if (!is_mapping()) {
    return wrong(wrong_kind("a mapping", node_->kind));
  }
  for (const YamlNode& key : node_->keys) {
    if (std::ranges::find(known, std::string_view(key.text)) != known.end()) {
      continue;
    }
    const std::vector<std::string_view> candidates(known);
    std::string hint = fmt::format("valid keys are {}", fmt::join(candidates, ", "));
    if (const auto near = nearest(key.text, candidates)) {
      hint = fmt::format("did you mean \"{}\"?", *near);
    }
    return YamlReader(key, file_, path_).wrong(fmt::format("unknown key \"{}\"", printable(key.text)), hint);
  }
  return {};
}

std::optional<YamlReader> YamlReader::optional_member(std::string_view key) const {
  const YamlNode* found = node_->find(key);
  return found == nullptr ? std::nullopt : std::optional(YamlReader(*found, file_, join(path_, key)));
}

Result<YamlReader> YamlReader::member(std::string_view key) const {
  if (!is_mapping()) {
    return wrong(wrong_kind("a mapping", node_->kind));
  }
  auto found = optional_member(key);
  if (!found) {
    return wrong(fmt::format("the key \"{}\" is missing", key));
  }
  return *found;
}

Result<std::vector<YamlReader>> YamlReader::elements() const {
  if (node_->kind != YamlNode::Kind::sequence) {
    return wrong(wrong_kind("a list", node_->kind));
  }
  std::vector<YamlReader> elements;
  for (std::size_t i = 0; i < node_->items.size(); ++i) {
    elements.emplace_back(node_->items[i], file_, fmt::format("{}[{}]", path_, i));
  }
  return elements;
}

Result<std::vector<std::pair<std::string, YamlReader>>> YamlReader::members() const {
  if (!is_mapping()) {
    return wrong(wrong_kind("a mapping", node_->kind));
  }
  std::vector<std::pair<std::string, YamlReader>> members;
  for (std::size_t i = 0; i < node_->items.size(); ++i) {
    const std::string& key = node_->keys[i].text;
    members.emplace_back(key, YamlReader(node_->items[i], file_, join(path_, printable(key))));
  }
  return members;
}

Result<std::string> YamlReader::scalar() const {
  if (!is_scalar()) {
    return wrong(wrong_kind("text", node_->kind));
  }
  return node_->text;
}

Result<std::string> YamlReader::text() const {
  KF_TRY_ASSIGN(std::string value, scalar());
  if (value.empty()) {
    return wrong("must not be empty");
  }
  if (node_->plain && reads_as_other_type(value)) {
    return wrong(fmt::format("must be text; unquoted, {} is a number, a boolean or null to YAML", value),
                 fmt::format("write \"{}\"", value));
  }
  return value;
}

Result<bool> YamlReader::boolean() const {
  if (!is_scalar() || !node_->plain || (node_->text != "true" && node_->text != "false")) {
    return wrong("must be true or false");
  }
  return node_->text == "true";
}

Result<std::uint64_t> YamlReader::integer(std::uint64_t minimum, std::uint64_t maximum) const {
  const std::string problem = fmt::format("must be a whole number from {} to {}", minimum, maximum);
  // A leading zero means octal to some YAML readers and nothing to others.
  if (!is_scalar() || !node_->plain || (node_->text.size() > 1 && node_->text.front() == '0')) {
    return wrong(problem);
  }
  std::uint64_t value = 0;
  const char* end = node_->text.data() + node_->text.size();
  const auto [stop, error] = std::from_chars(node_->text.data(), end, value);
  if (error != std::errc{} || stop != end || value < minimum || value > maximum) {
    return wrong(problem);
  }
  return value;
}

Result<std::string> YamlReader::text(std::string_view key) const {
  KF_TRY_ASSIGN(const YamlReader found, member(key));
  return found.text();
}

Result<std::string> YamlReader::text_or(std::string_view key, std::string_view otherwise) const {
  const auto found = optional_member(key);
  return found ? found->text() : Result<std::string>(std::string(otherwise));
}

Result<std::vector<std::string>> YamlReader::texts(std::string_view key) const {
  std::vector<std::string> values;
  if (const auto found = optional_member(key)) {
    KF_TRY_ASSIGN(const auto elements, found->elements());
    for (const YamlReader& element : elements) {
      KF_TRY_ASSIGN(values.emplace_back(), element.text());
    }
  }
  return values;
}

}  // namespace kubeferry::catalog
