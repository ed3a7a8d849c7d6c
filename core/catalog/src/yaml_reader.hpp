// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kubeferry/base/result.hpp>

#include "yaml.hpp"

namespace kubeferry::catalog {

/// Typed access to a parsed document, with usage errors that say where: "site.yaml:4:12: platforms[1]: …".
/// Refers to the node, which must outlive it.
class YamlReader {
public:
  YamlReader(const YamlNode& node, std::string_view file, std::string path = {})
      : node_(&node), file_(file), path_(std::move(path)) {}

  [[nodiscard]] const YamlNode& node() const noexcept { return *node_; }
  [[nodiscard]] std::uint64_t line() const noexcept { return node_->line; }
  [[nodiscard]] bool is_scalar() const noexcept { return node_->kind == YamlNode::Kind::scalar; }
  [[nodiscard]] bool is_mapping() const noexcept { return node_->kind == YamlNode::Kind::mapping; }

  /// This is a mapping and has no other keys than these; the hint names the nearest valid one.
  [[nodiscard]] Status only(std::initializer_list<std::string_view> known) const;

  /// The value of a required / an optional key.
  [[nodiscard]] Result<YamlReader> member(std::string_view key) const;
  [[nodiscard]] std::optional<YamlReader> optional_member(std::string_view key) const;
  [[nodiscard]] Result<std::vector<YamlReader>> elements() const;
  [[nodiscard]] Result<std::vector<std::pair<std::string, YamlReader>>> members() const;

  /// Text that is not empty and that no YAML reader takes for a number, a boolean or null.
  [[nodiscard]] Result<std::string> text() const;
  /// A scalar's text, whatever a YAML reader would make of it.
  [[nodiscard]] Result<std::string> scalar() const;
  [[nodiscard]] Result<bool> boolean() const;  ///< true or false, unquoted; not yes, on, …
  [[nodiscard]] Result<std::uint64_t> integer(std::uint64_t minimum, std::uint64_t maximum) const;

  [[nodiscard]] Result<std::string> text(std::string_view key) const;
  [[nodiscard]] Result<std::string> text_or(std::string_view key, std::string_view otherwise) const;
  [[nodiscard]] Result<std::vector<std::string>> texts(std::string_view key) const;  ///< absent: empty

  /// A usage error at this place.
  [[nodiscard]] Failure wrong(std::string_view problem, std::string_view hint = {}) const;
  /// The value, or its error at this place.
  template <class T>
  [[nodiscard]] Result<T> here(Result<T>&& result) const {
    if (!result) {
      return wrong(result.error().message, result.error().hint);
    }
    return std::move(result);
  }

private:
  const YamlNode* node_;
  std::string_view file_;
  std::string path_;
};

}  // namespace kubeferry::catalog
