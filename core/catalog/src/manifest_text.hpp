// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/catalog/cni_manifest.hpp>

#include "yaml.hpp"

// A manifest as a tree over its text, and changes of that text: every byte that nobody asked to change stays.
// `what` names the manifest in errors.
namespace kubeferry::catalog {

/// One replacement in the text.
struct Edit {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::string text;
  ManifestChange change;
};

/// Errors as manifest_images.
Result<std::vector<YamlNode>> parse_manifest(std::string_view text, std::string_view what);

/// A format error at `node`.
[[nodiscard]] Failure wrong(std::string_view what, const YamlNode& node, std::string_view problem);

/// Replaces a scalar. Only one written as its own value (nothing escaped, nothing folded) can be: format error for
/// others. Images and CIDRs always are.
Result<Edit> replace(std::string_view text, const YamlNode& node, std::string_view field, std::string_view value,
                     std::string_view what);

/// The same for a part of a scalar's text, which must point into it.
Result<Edit> replace_part(std::string_view text, const YamlNode& node, std::string_view part, std::string_view field,
                          std::string_view value, std::string_view what);

/// The text between the beginning of `offset`'s line and `offset`.
[[nodiscard]] std::string_view lead_of(std::string_view text, std::uint64_t offset);

/// How the line that holds `offset` ends: "\n" or "\r\n".
[[nodiscard]] std::string_view line_end(std::string_view text, std::uint64_t offset);

/// A line number, from 1.
[[nodiscard]] std::uint64_t line_at(std::string_view text, std::uint64_t offset);

/// Applies edits that do not overlap.
RewrittenManifest apply(std::string_view text, std::vector<Edit> edits);

/// Text of a mapping's key; null pointer when it has none. format error when it is no text.
Result<const YamlNode*> scalar_of(const YamlNode& mapping, std::string_view key, std::string_view what);

/// Calls visit(container) for every element of every `containers` or `initContainers` list below `node`.
/// The depth was bounded when the tree was made.
template <class Visit>
Status for_each_container(const YamlNode& node, Visit&& visit) {
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& child = node.items[i];
    const bool list = node.kind == YamlNode::Kind::mapping && child.kind == YamlNode::Kind::sequence &&
                      (node.keys[i].text == "containers" || node.keys[i].text == "initContainers");
    if (list) {
      for (const YamlNode& container : child.items) {
        KF_TRY(visit(container));
      }
    }
    KF_TRY(for_each_container(child, visit));
  }
  return {};
}

/// The objects of a manifest: its documents, and what Lists among them hold.
[[nodiscard]] std::vector<const YamlNode*> objects_of(const std::vector<YamlNode>& documents);

/// Text of a mapping's key; empty when it has none or it is no text.
[[nodiscard]] std::string_view text_of(const YamlNode& mapping, std::string_view key);

/// The values below `node` at "spec.calicoNetwork.ipPools[].cidr": keys, "[]" is every element of a list.
[[nodiscard]] std::vector<const YamlNode*> values_at(const YamlNode& node, std::string_view path);

}  // namespace kubeferry::catalog
