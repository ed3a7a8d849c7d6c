// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>

namespace kubeferry::kubeadm {

/// A YAML value that can be read, changed and written again without changing its meaning: a scalar keeps its text and
/// whether it was quoted, and nothing here ever takes it for a number or a boolean.
struct YamlNode {
  enum class Kind { null, scalar, sequence, mapping };

  Kind kind = Kind::null;
  bool plain = false;           ///< a scalar without quotes, whose type its text decides
  std::string text;             ///< of a scalar
  std::vector<YamlNode> keys;   ///< of a mapping: scalars, each text once
  std::vector<YamlNode> items;  ///< of a sequence; of a mapping, parallel to `keys`
  std::uint64_t line = 0;       ///< from 1; 0: not from a file
  std::uint64_t column = 0;     ///< from 1

  static YamlNode string(std::string_view text);   ///< stays a string for every reader
  static YamlNode literal(std::string_view text);  ///< "6443", "true"
  static YamlNode strings(std::span<const std::string> texts);
  static YamlNode mapping() { return of(Kind::mapping); }
  static YamlNode sequence() { return of(Kind::sequence); }

  [[nodiscard]] bool is_mapping() const noexcept { return kind == Kind::mapping; }
  [[nodiscard]] bool is_sequence() const noexcept { return kind == Kind::sequence; }
  [[nodiscard]] bool is_scalar() const noexcept { return kind == Kind::scalar; }
  /// Says nothing: null, or empty text, which Go cannot tell from nothing.
  [[nodiscard]] bool is_unset() const noexcept { return kind == Kind::null || (is_scalar() && text.empty()); }

  /// The value of `key`; null pointer when this is no mapping or has no such key.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;
  [[nodiscard]] YamlNode* find(std::string_view key);
  /// The value at "a.b.c", likewise.
  [[nodiscard]] const YamlNode* find_path(std::string_view path) const;
  /// Sets `key` of a mapping, at its place or at the end.
  YamlNode& set(std::string_view key, YamlNode value);

private:
  static YamlNode of(Kind kind);
};

/// The same value for a reader, as far as text can tell: "1" and 1 are.
[[nodiscard]] bool same_value(const YamlNode& a, const YamlNode& b);
/// A value on one line, for messages.
[[nodiscard]] std::string shown(const YamlNode& node);

/// All documents of a text, empty ones left out. Aliases and merge keys are resolved. usage errors as
/// "WHAT:LINE:COLUMN: …": no YAML, a key that is no scalar or is there twice, tags other than those of YAML's own
/// scalars, an alias inside its own anchor, control characters. limit error past 1 MiB, 64 levels or 20,000 values.
Result<std::vector<YamlNode>> parse_yaml(std::string_view text, std::string_view what);

enum class SecretValues { written, hidden };

/// Documents as text in block style. With SecretValues::hidden, tokens and certificate keys are "(secret)".
[[nodiscard]] std::string emit_yaml(std::span<const YamlNode> documents, SecretValues secrets = SecretValues::written);

}  // namespace kubeferry::kubeadm
