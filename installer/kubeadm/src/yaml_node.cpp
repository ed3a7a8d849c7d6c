// SPDX-License-Identifier: Apache-2.0
#include "yaml_node.hpp"

#include <algorithm>

#include <kubeferry/base/text.hpp>

namespace kubeferry::kubeadm {

YamlNode YamlNode::of(Kind kind) {
  YamlNode node;
  node.kind = kind;
  return node;
}

YamlNode YamlNode::string(std::string_view text) {
  YamlNode node = of(Kind::scalar);
  node.text = text;
  return node;
}

YamlNode YamlNode::literal(std::string_view text) {
  YamlNode node = string(text);
  node.plain = true;
  return node;
}

YamlNode YamlNode::strings(std::span<const std::string> texts) {
  YamlNode node = sequence();
  for (const std::string& text : texts) {
    node.items.push_back(string(text));
  }
  return node;
}

const YamlNode* YamlNode::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].text == key) {
      return &items[i];
    }
  }
  return nullptr;
}

YamlNode* YamlNode::find(std::string_view key) {
  return const_cast<YamlNode*>(std::as_const(*this).find(key));  // NOLINT: this is not const
}

const YamlNode* YamlNode::find_path(std::string_view path) const {
  const YamlNode* node = this;
  for (const std::string_view key : split(path, '.')) {
    node = node->find(key);
    if (node == nullptr) {
      return nullptr;
    }
  }
  return node;
}

YamlNode& YamlNode::set(std::string_view key, YamlNode value) {
  if (YamlNode* const found = find(key)) {
    *found = std::move(value);
    return *found;
  }
  keys.push_back(literal(key));
  items.push_back(std::move(value));
  return items.back();
}

bool same_value(const YamlNode& a, const YamlNode& b) {
  if (a.kind != b.kind) {
    return false;
  }
  if (a.is_mapping()) {
    return a.keys.size() == b.keys.size() && std::ranges::all_of(a.keys, [&](const YamlNode& key) {
             const YamlNode* const other = b.find(key.text);
             return other != nullptr && same_value(*a.find(key.text), *other);
           });
  }
  return a.text == b.text && std::ranges::equal(a.items, b.items, same_value);
}

std::string shown(const YamlNode& node) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    parts.push_back(node.is_mapping() ? fmt::format("{}: {}", printable(node.keys[i].text), shown(node.items[i]))
                                      : shown(node.items[i]));
  }
  switch (node.kind) {
    case YamlNode::Kind::null: return "null";
    case YamlNode::Kind::scalar: return printable(node.text);
    case YamlNode::Kind::sequence: return fmt::format("[{}]", fmt::join(parts, ", "));
    case YamlNode::Kind::mapping: return fmt::format("{{{}}}", fmt::join(parts, ", "));
  }
  return "";
}

}  // namespace kubeferry::kubeadm
