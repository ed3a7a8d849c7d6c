// SPDX-License-Identifier: Apache-2.0
#include "merge.hpp"

#include <kubeferry/base/text.hpp>

namespace kubeferry::kubeadm {
namespace {

std::string_view without_v(std::string_view version) { return version.starts_with('v') ? version.substr(1) : version; }

}  // namespace

Failure Merger::wrong(const YamlNode& place, std::string_view problem, std::string hint) const {
  Error error = fail(ExitCode::usage, "{}:{}:{}: {}", file_, place.line, place.column, problem).value();
  return Failure(std::move(error).with_hint(std::move(hint)));
}

Result<YamlNode*> Merger::reach(std::string_view path) const {
  YamlNode* node = document_;
  for (const std::string_view key : split(path, '.')) {
    if (node->kind == YamlNode::Kind::null) {
      node->kind = YamlNode::Kind::mapping;
    }
    if (!node->is_mapping()) {
      return wrong(*node, fmt::format("must be a mapping, for {}", path));
    }
    YamlNode* const found = node->find(key);
    node = found == nullptr ? &node->set(key, YamlNode{}) : found;
  }
  return node;
}

Status Merger::fill(std::string_view path, YamlNode value) const {
  KF_TRY_ASSIGN(YamlNode * node, reach(path));
  if (node->is_unset()) {
    *node = std::move(value);
  }
  return {};
}

Status Merger::fill(std::string_view path, std::string_view text) const {
  return text.empty() ? Status() : fill(path, YamlNode::string(text));
}

Status Merger::demand(std::string_view path, YamlNode value, std::string_view says, Disclosure disclosure,
                      const Same& same) const {
  KF_TRY_ASSIGN(YamlNode * node, reach(path));
  if (node->is_unset()) {
    *node = std::move(value);
    return {};
  }
  if (same(*node, value)) {
    return {};
  }
  const std::string problem = disclosure == Disclosure::secret
                                  ? fmt::format("{} is not what {}", path, says)
                                  : fmt::format("{} is {}, but {} {}", path, shown(*node), says, shown(value));
  return wrong(*node, problem, fmt::format("say it once: take {} out of {}, or make both the same", path, file_));
}

Result<YamlNode*> Merger::list(std::string_view path) const {
  KF_TRY_ASSIGN(YamlNode * node, reach(path));
  if (node->is_unset()) {
    *node = YamlNode::sequence();
  }
  if (!node->is_sequence()) {
    return wrong(*node, fmt::format("{} must be a list", path));
  }
  return node;
}

Status Merger::fill_argument(std::string_view path, std::string_view name, std::string_view value, bool as_list) const {
  if (!as_list) {
    KF_TRY_ASSIGN(YamlNode * node, reach(path));
    if (node->is_unset()) {
      *node = YamlNode::mapping();
    }
    if (!node->is_mapping()) {
      return wrong(*node, fmt::format("{} must be a mapping", path));
    }
    if (node->find(name) == nullptr) {
      node->set(name, YamlNode::string(value));
    }
    return {};
  }
  KF_TRY_ASSIGN(YamlNode * arguments, list(path));
  for (const YamlNode& argument : arguments->items) {
    const YamlNode* const key = argument.find("name");
    if (key != nullptr && key->text == name) {
      return {};
    }
  }
  YamlNode argument = YamlNode::mapping();
  argument.set("name", YamlNode::string(name));
  argument.set("value", YamlNode::string(value));
  arguments->items.push_back(std::move(argument));
  return {};
}

Result<std::string> Merger::text(std::string_view path) const {
  const YamlNode* const node = document_->find_path(path);
  if (node == nullptr || node->is_unset()) {
    return std::string();
  }
  if (!node->is_scalar()) {
    return wrong(*node, fmt::format("{} must be a single value", path));
  }
  return node->text;
}

Result<std::vector<std::string>> Merger::texts(std::string_view path) const {
  std::vector<std::string> values;
  const YamlNode* const node = document_->find_path(path);
  if (node == nullptr || node->is_unset()) {
    return values;
  }
  if (!node->is_sequence()) {
    return wrong(*node, fmt::format("{} must be a list", path));
  }
  for (const YamlNode& item : node->items) {
    if (!item.is_scalar()) {
      return wrong(item, fmt::format("{} must be a list of single values", path));
    }
    values.push_back(item.text);
  }
  return values;
}

Result<bool> Merger::boolean(std::string_view path, bool otherwise) const {
  KF_TRY_ASSIGN(const std::string value, text(path));
  if (value.empty()) {
    return otherwise;
  }
  if (value != "true" && value != "false") {
    return wrong(*document_->find_path(path), fmt::format("{} must be true or false", path));
  }
  return value == "true";
}

std::string socket_url(std::string_view socket) {
  return socket.starts_with('/') ? fmt::format("unix://{}", socket) : std::string(socket);
}

bool same_socket(const YamlNode& a, const YamlNode& b) { return socket_url(a.text) == socket_url(b.text); }

bool same_version(const YamlNode& a, const YamlNode& b) {
  return a.is_scalar() && without_v(a.text) == without_v(b.text);
}

}  // namespace kubeferry::kubeadm
