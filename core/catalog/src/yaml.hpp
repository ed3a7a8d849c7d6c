// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>

namespace kubeferry::catalog {

/// A YAML value with its place in the text. Scalars keep their text as it was written: nothing is ever turned into a
/// number or a boolean before somebody asks for one (SECURITY M43: `no`, 0777, 1.30).
struct YamlNode {
  enum class Kind { null, scalar, sequence, mapping };

  Kind kind = Kind::null;
  bool plain = false;           ///< a scalar without quotes, not in a block
  std::string text;             ///< of a scalar
  std::vector<YamlNode> keys;   ///< of a mapping: scalars, each text once
  std::vector<YamlNode> items;  ///< of a sequence; of a mapping, parallel to `keys`
  std::uint64_t offset = 0;     ///< in bytes
  std::uint64_t line = 0;       ///< from 1
  std::uint64_t column = 0;     ///< from 1

  /// The value of `key` in a mapping; null pointer when this is no mapping or has no such key.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;
};

struct YamlLimits {
  std::uint64_t bytes = 0;
  std::uint32_t depth = 32;
  std::uint32_t nodes = 100'000;
};

/// All documents of a text, in YAML without its dangerous half: anchors, aliases, tags, duplicate keys, keys that are
/// no scalars, a byte order mark and NUL are errors of class `code`, "WHAT:LINE:COLUMN: …". limit error past `limits`,
/// and past a number of brackets and commas that no real document has (yaml-cpp keeps them all in memory).
Result<std::vector<YamlNode>> parse_yaml(std::string_view text, std::string_view what, const YamlLimits& limits,
                                         ExitCode code);

/// Whether YAML readers take this unquoted text for something else than text: null, a boolean, a number.
[[nodiscard]] bool reads_as_other_type(std::string_view plain);

}  // namespace kubeferry::catalog
