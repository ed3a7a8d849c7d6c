// SPDX-License-Identifier: Apache-2.0
#include "manifest_text.hpp"

#include <algorithm>

namespace kubeferry::catalog {

namespace {

// Wider than a spec's: CNI manifests carry CRDs, whose schemas are long and deep.
constexpr YamlLimits k_limits = {.bytes = k_max_manifest_bytes, .depth = 96, .nodes = 300'000};

/// The place of a scalar's characters in the text, without quotes.
Result<std::uint64_t> place_of(std::string_view text, const YamlNode& node, std::string_view what) {
  std::uint64_t offset = node.offset;
  if (offset < text.size() && !node.plain && (text[offset] == '"' || text[offset] == '\'')) {
    ++offset;
  }
  if (offset > text.size() || text.substr(offset, node.text.size()) != node.text) {
    return wrong(what, node, "is written in a way that cannot be changed in place");
  }
  return offset;
}

void add_objects(const YamlNode& node, std::vector<const YamlNode*>& objects) {
  const YamlNode* items = node.find("items");
  if (text_of(node, "kind").ends_with("List") && items != nullptr && items->kind == YamlNode::Kind::sequence) {
    for (const YamlNode& item : items->items) {
      add_objects(item, objects);
    }
  } else if (node.kind == YamlNode::Kind::mapping) {
    objects.push_back(&node);
  }
}

}  // namespace

Result<std::vector<YamlNode>> parse_manifest(std::string_view text, std::string_view what) {
  return parse_yaml(text, what, k_limits, ExitCode::format);
}

Failure wrong(std::string_view what, const YamlNode& node, std::string_view problem) {
  return fail(ExitCode::format, "{}:{}:{}: {}", what, node.line, node.column, problem);
}

Result<Edit> replace(std::string_view text, const YamlNode& node, std::string_view field, std::string_view value,
                     std::string_view what) {
  KF_TRY_ASSIGN(const std::uint64_t offset, place_of(text, node, what));
  return Edit{
      offset, node.text.size(), std::string(value), {node.line, std::string(field), node.text, std::string(value)}};
}

Result<Edit> replace_part(std::string_view text, const YamlNode& node, std::string_view part, std::string_view field,
                          std::string_view value, std::string_view what) {
  KF_TRY_ASSIGN(const std::uint64_t offset, place_of(text, node, what));
  return Edit{offset + static_cast<std::uint64_t>(part.data() - node.text.data()),
              part.size(),
              std::string(value),
              {node.line, std::string(field), std::string(part), std::string(value)}};
}

std::string_view lead_of(std::string_view text, std::uint64_t offset) {
  const auto newline = text.substr(0, offset).rfind('\n');
  const auto start = newline == std::string_view::npos ? 0 : newline + 1;
  return text.substr(start, offset - start);
}

std::string_view line_end(std::string_view text, std::uint64_t offset) {
  const auto newline = text.find('\n', offset);
  return newline != std::string_view::npos && newline > 0 && text[newline - 1] == '\r' ? "\r\n" : "\n";
}

std::uint64_t line_at(std::string_view text, std::uint64_t offset) {
  return static_cast<std::uint64_t>(std::ranges::count(text.substr(0, offset), '\n')) + 1;
}

RewrittenManifest apply(std::string_view text, std::vector<Edit> edits) {
  std::ranges::sort(edits, {}, &Edit::offset);
  RewrittenManifest result;
  std::uint64_t done = 0;
  for (Edit& edit : edits) {
    result.text += text.substr(done, edit.offset - done);
    result.text += edit.text;
    done = edit.offset + edit.length;
    if (edit.change.before != edit.change.after) {
      result.changes.push_back(std::move(edit.change));
    }
  }
  result.text += text.substr(done);
  return result;
}

Result<const YamlNode*> scalar_of(const YamlNode& mapping, std::string_view key, std::string_view what) {
  const YamlNode* found = mapping.find(key);
  if (found != nullptr && (found->kind != YamlNode::Kind::scalar || found->text.empty())) {
    return wrong(what, *found, fmt::format("{} must be text", key));
  }
  return found;
}

std::vector<const YamlNode*> objects_of(const std::vector<YamlNode>& documents) {
  std::vector<const YamlNode*> objects;
  for (const YamlNode& document : documents) {
    add_objects(document, objects);
  }
  return objects;
}

std::string_view text_of(const YamlNode& mapping, std::string_view key) {
  const YamlNode* found = mapping.find(key);
  return found != nullptr && found->kind == YamlNode::Kind::scalar ? std::string_view(found->text) : std::string_view();
}

std::vector<const YamlNode*> values_at(const YamlNode& node, std::string_view path) {
  const auto dot = path.find('.');
  std::string_view key = path.substr(0, dot);
  const bool list = key.ends_with("[]");
  key.remove_suffix(list ? 2 : 0);
  const YamlNode* child = node.find(key);
  if (child == nullptr || (list && child->kind != YamlNode::Kind::sequence)) {
    return {};
  }
  std::vector<const YamlNode*> values;
  const auto add = [&](const YamlNode& each) {
    if (dot == std::string_view::npos) {
      values.push_back(&each);
      return;
    }
    const auto below = values_at(each, path.substr(dot + 1));
    values.insert(values.end(), below.begin(), below.end());
  };
  if (!list) {
    add(*child);
    return values;
  }
  for (const YamlNode& item : child->items) {
    add(item);
  }
  return values;
}

}  // namespace kubeferry::catalog
