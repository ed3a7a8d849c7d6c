// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "manifest_text.hpp"

namespace kubeferry::catalog {

namespace {

/// The documents of a manifest as text, each with the separator in front of it. A line that begins with "---" at the
/// margin is a separator and never part of a value: block scalars are indented.
std::vector<std::string_view> documents_of(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (std::size_t line = 0; line < text.size();) {
    if (line > begin && text.substr(line).starts_with("---")) {
      parts.push_back(text.substr(begin, line - begin));
      begin = line;
    }
    const auto newline = text.find('\n', line);
    line = newline == std::string_view::npos ? text.size() : newline + 1;
  }
  if (begin < text.size()) {
    parts.push_back(text.substr(begin));
  }
  return parts;
}

/// "Installation.operator.tigera.io" of an object or of what a definition defines.
std::string kind_in_group(std::string_view kind, std::string_view api_version) {
  const auto slash = api_version.find('/');
  return fmt::format("{}.{}", kind, slash == std::string_view::npos ? "" : api_version.substr(0, slash));
}

std::string defined_kind(const YamlNode& definition) {
  const YamlNode* spec = definition.find("spec");
  const YamlNode* names = spec == nullptr ? nullptr : spec->find("names");
  return names == nullptr ? "" : fmt::format("{}.{}", text_of(*names, "kind"), text_of(*spec, "group"));
}

}  // namespace

Result<ManifestParts> apply_parts(std::string_view text, std::string_view what) {
  ManifestParts parts;
  std::set<std::string> defined;
  std::vector<std::string> used;
  for (const std::string_view document : documents_of(text)) {
    KF_TRY_ASSIGN(const auto trees, parse_manifest(document, what));
    bool definition = false;
    for (const YamlNode* object : objects_of(trees)) {
      if (text_of(*object, "kind") == "CustomResourceDefinition") {
        definition = true;
        defined.insert(defined_kind(*object));
      } else {
        used.push_back(kind_in_group(text_of(*object, "kind"), text_of(*object, "apiVersion")));
      }
    }
    (definition ? parts.definitions : parts.rest) += document;
  }
  const bool uses = std::ranges::any_of(used, [&](const auto& each) { return defined.contains(each); });
  return uses ? parts : ManifestParts{{}, std::string(text)};
}

}  // namespace kubeferry::catalog
