// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/catalog/cni_manifest.hpp>

#include <algorithm>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/text.hpp>

#include "yaml.hpp"

namespace kubeferry::catalog {

namespace {

// Wider than a spec's: CNI manifests carry CRDs, whose schemas are long and deep.
constexpr YamlLimits k_limits = {.bytes = k_max_manifest_bytes, .depth = 96, .nodes = 300'000};

/// One replacement in the text.
struct Edit {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::string text;
  ManifestChange change;
};

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

Failure wrong(std::string_view what, const YamlNode& node, std::string_view problem) {
  return fail(ExitCode::format, "{}:{}:{}: {}", what, node.line, node.column, problem);
}

/// The place of a scalar's characters in the text, without quotes. Only scalars written as their own value (nothing
/// escaped, nothing folded) can be replaced; images and CIDRs always are.
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

/// Text of a container's key; null pointer when it has none. format error when it is no text.
Result<const YamlNode*> scalar_of(const YamlNode& container, std::string_view key, std::string_view what) {
  const YamlNode* found = container.find(key);
  if (found != nullptr && (found->kind != YamlNode::Kind::scalar || found->text.empty())) {
    return wrong(what, *found, fmt::format("{} must be text", key));
  }
  return found;
}

Result<Edit> replace(std::string_view text, const YamlNode& node, std::string_view field, std::string_view value,
                     std::string_view what) {
  KF_TRY_ASSIGN(const std::uint64_t offset, place_of(text, node, what));
  return Edit{
      offset, node.text.size(), std::string(value), {node.line, std::string(field), node.text, std::string(value)}};
}

/// The `net-conf.json` of flannel's ConfigMap; null pointer when there is none.
const YamlNode* find_net_conf(const YamlNode& node) {
  if (const YamlNode* data = node.find("data")) {
    if (const YamlNode* conf = data->find("net-conf.json"); conf != nullptr && conf->kind == YamlNode::Kind::scalar) {
      return conf;
    }
  }
  for (const YamlNode& child : node.items) {
    if (const YamlNode* found = find_net_conf(child)) {
      return found;
    }
  }
  return nullptr;
}

bool is_ipv6(std::string_view cidr) { return cidr.find(':') != std::string_view::npos; }

/// Rewrites flannel's network: `Network` gets the IPv4 CIDR; an IPv6 one needs members of its own beside it.
Result<Edit> edit_net_conf(std::string_view text, const std::vector<YamlNode>& documents,
                           const std::vector<std::string>& cidrs, std::string_view what) {
  const YamlNode* conf = nullptr;
  for (const YamlNode& document : documents) {
    conf = conf == nullptr ? find_net_conf(document) : conf;
  }
  const auto lost = [&] {
    return fail(ExitCode::format, "{}: no Network in a net-conf.json to set the pod CIDR in", what);
  };
  if (conf == nullptr) {
    return lost();
  }
  KF_TRY_ASSIGN(const Json parsed, parse_json(conf->text, fmt::format("{}: net-conf.json", what)));
  const Json* network = parsed.find("Network");
  if (network == nullptr || network->as_string() == nullptr || parsed.find("IPv6Network") != nullptr) {
    return lost();
  }
  const std::string before = *network->as_string();
  const auto key = text.find("\"Network\"", conf->offset);
  const auto value = key == std::string_view::npos ? key : text.find('"' + before + '"', key + 9);
  const std::string_view between = value == std::string_view::npos ? "" : text.substr(key + 9, value - key - 9);
  if (trim(between) != ":") {
    return lost();
  }
  std::string four = before;
  std::string six;
  for (const std::string& cidr : cidrs) {
    (is_ipv6(cidr) ? six : four) = cidr;
  }
  std::string after;
  if (!six.empty()) {
    const bool only_six = cidrs.size() == 1;
    after = fmt::format("\"EnableIPv4\": {}, \"EnableIPv6\": true, \"IPv6Network\": \"{}\", ",
                        only_six ? "false" : "true", six);
  }
  after += fmt::format("\"Network\"{}\"{}\"", between, four);
  const std::uint64_t length = value + before.size() + 2 - key;
  const auto line = static_cast<std::uint64_t>(std::ranges::count(text.substr(0, key), '\n')) + 1;
  return Edit{key, length, after, {line, "net-conf.json", std::string(text.substr(key, length)), after}};
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

}  // namespace

Result<std::vector<std::string>> manifest_images(std::string_view text, std::string_view what) {
  KF_TRY_ASSIGN(const auto documents, parse_yaml(text, what, k_limits, ExitCode::format));
  std::vector<std::string> images;
  for (const YamlNode& document : documents) {
    KF_TRY(for_each_container(document, [&](const YamlNode& container) -> Status {
      KF_TRY_ASSIGN(const YamlNode* image, scalar_of(container, "image", what));
      if (image != nullptr && std::ranges::find(images, image->text) == images.end()) {
        images.push_back(image->text);
      }
      return {};
    }));
  }
  return images;
}

Result<RewrittenManifest> rewrite_manifest(std::string_view text, const ManifestRewrite& rewrite,
                                           std::string_view what) {
  KF_TRY_ASSIGN(const auto documents, parse_yaml(text, what, k_limits, ExitCode::format));
  std::vector<Edit> edits;
  for (const YamlNode& document : documents) {
    KF_TRY(for_each_container(document, [&](const YamlNode& container) -> Status {
      KF_TRY_ASSIGN(const YamlNode* image, scalar_of(container, "image", what));
      const auto target = image == nullptr ? rewrite.images.end() : rewrite.images.find(image->text);
      if (target != rewrite.images.end()) {
        KF_TRY_ASSIGN(edits.emplace_back(), replace(text, *image, "image", target->second, what));
      }
      KF_TRY_ASSIGN(const YamlNode* policy, scalar_of(container, "imagePullPolicy", what));
      if (policy != nullptr && policy->text == "Always") {
        KF_TRY_ASSIGN(edits.emplace_back(), replace(text, *policy, "imagePullPolicy", "IfNotPresent", what));
      }
      return {};
    }));
  }
  if (!rewrite.pod_cidr.empty() && !rewrite.pod_cidr_location.empty()) {
    KF_TRY_ASSIGN(edits.emplace_back(), edit_net_conf(text, documents, rewrite.pod_cidr, what));
  }
  return apply(text, std::move(edits));
}

Result<std::vector<std::string>> manifest_pod_cidrs(std::string_view text, std::string_view location,
                                                    std::string_view what) {
  std::vector<std::string> cidrs;
  if (location != "flannel-net-conf") {
    return cidrs;
  }
  KF_TRY_ASSIGN(const auto documents, parse_yaml(text, what, k_limits, ExitCode::format));
  const YamlNode* conf = nullptr;
  for (const YamlNode& document : documents) {
    conf = conf == nullptr ? find_net_conf(document) : conf;
  }
  if (conf == nullptr) {
    return cidrs;
  }
  KF_TRY_ASSIGN(const Json parsed, parse_json(conf->text, fmt::format("{}: net-conf.json", what)));
  const Json* four = parsed.find("EnableIPv4");
  const bool only_six = four != nullptr && four->as_bool() != nullptr && !*four->as_bool();
  for (const std::string_view member : {"Network", "IPv6Network"}) {
    const Json* network = parsed.find(member);
    if (network != nullptr && network->as_string() != nullptr && !(only_six && member == "Network")) {
      cidrs.push_back(*network->as_string());
    }
  }
  return cidrs;
}

}  // namespace kubeferry::catalog
