// SPDX-License-Identifier: Apache-2.0
#include "pod_cidr.hpp"

#include <algorithm>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/text.hpp>

namespace kubeferry::catalog {

namespace {

using Kind = PodCidrLocation::Kind;

bool is_ipv6(std::string_view cidr) { return cidr.find(':') != std::string_view::npos; }

// --- flannel's net-conf.json ---

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

const YamlNode* find_net_conf(const std::vector<YamlNode>& documents) {
  const YamlNode* conf = nullptr;
  for (const YamlNode& document : documents) {
    conf = conf == nullptr ? find_net_conf(document) : conf;
  }
  return conf;
}

/// Rewrites flannel's network: `Network` gets the IPv4 CIDR; an IPv6 one needs members of its own beside it.
Result<Edit> edit_net_conf(std::string_view text, const std::vector<YamlNode>& documents,
                           const std::vector<std::string>& cidrs, std::string_view what) {
  const YamlNode* conf = find_net_conf(documents);
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
  return Edit{key, length, after, {line_at(text, key), "net-conf.json", std::string(text.substr(key, length)), after}};
}

Result<std::vector<std::string>> net_conf_cidrs(const std::vector<YamlNode>& documents, std::string_view what) {
  std::vector<std::string> cidrs;
  const YamlNode* conf = find_net_conf(documents);
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

// --- an environment variable ---

/// The `env` lists of the containers with that name.
std::vector<const YamlNode*> env_lists(const std::vector<YamlNode>& documents, std::string_view container) {
  std::vector<const YamlNode*> lists;
  for (const YamlNode& document : documents) {
    static_cast<void>(for_each_container(document, [&](const YamlNode& each) -> Status {
      const YamlNode* env = each.find("env");
      if (text_of(each, "name") == container && env != nullptr && env->kind == YamlNode::Kind::sequence) {
        lists.push_back(env);
      }
      return {};
    }));
  }
  return lists;
}

const YamlNode* find_variable(const YamlNode& env, std::string_view name) {
  const auto found = std::ranges::find_if(env.items, [&](const auto& each) { return text_of(each, "name") == name; });
  return found == env.items.end() ? nullptr : &*found;
}

/// What follows "#" on the line at `start`, trimmed; empty when that line is no comment. `end` becomes its end.
std::string_view comment_at(std::string_view text, std::uint64_t start, std::uint64_t& end) {
  end = std::min(text.find('\n', start), text.size());
  const std::string_view line = trim(text.substr(start, end - start));
  return line.starts_with('#') ? trim(line.substr(1)) : std::string_view();
}

struct Stretch {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// The two comment lines that Calico's authors left for whoever sets the variable: "# - name: X", "#   value: …".
std::optional<Stretch> commented_out(std::string_view text, const YamlNode& env, std::string_view name) {
  const std::uint64_t last = env.items.back().offset;
  std::uint64_t end = 0;
  for (std::uint64_t start = text.find('\n', env.items.front().offset) + 1; start != 0 && start < last;
       start = end + 1) {
    if (comment_at(text, start, end) == fmt::format("- name: {}", name)) {
      std::uint64_t value_end = 0;
      if (comment_at(text, end + 1, value_end).starts_with("value:")) {
        value_end -= text.substr(0, value_end).ends_with('\r') ? 1U : 0U;
        return Stretch{start, value_end - start};
      }
    }
  }
  return std::nullopt;
}

/// A new variable: where the manifest has it as a comment, else in front of the others.
Result<Edit> add_variable(std::string_view text, const YamlNode& env, std::string_view name, const std::string& cidr,
                          std::string_view what) {
  if (env.items.empty()) {
    return wrong(what, env, fmt::format("has no variable beside which {} could be set", name));
  }
  const YamlNode& first = env.items.front();
  const std::string_view lead = lead_of(text, first.offset);
  const ManifestChange change{first.line, std::string(name), "", cidr};
  if (trim(lead) == "-") {
    const std::string_view newline = line_end(text, first.offset);
    const std::string block = fmt::format("{}name: {}{}{:{}}value: \"{}\"", lead, name, newline, "", lead.size(), cidr);
    if (const auto place = commented_out(text, env, name)) {
      return Edit{place->offset, place->length, block, {line_at(text, place->offset), change.field, "", cidr}};
    }
    return Edit{first.offset - lead.size(), 0, block + std::string(newline), change};
  }
  if (first.offset < text.size() && text[first.offset] == '{') {
    return Edit{first.offset, 0, fmt::format("{{name: {}, value: \"{}\"}}, ", name, cidr), change};
  }
  return wrong(what, first, fmt::format("is written in a way that leaves no place for {}", name));
}

Result<std::vector<Edit>> edit_variable(std::string_view text, const std::vector<YamlNode>& documents,
                                        const PodCidrLocation& location, const std::string& cidr,
                                        std::string_view what) {
  std::vector<Edit> edits;
  for (const YamlNode* env : env_lists(documents, location.object)) {
    const YamlNode* variable = find_variable(*env, location.key);
    if (variable == nullptr) {
      KF_TRY_ASSIGN(edits.emplace_back(), add_variable(text, *env, location.key, cidr, what));
      continue;
    }
    KF_TRY_ASSIGN(const YamlNode* value, scalar_of(*variable, "value", what));
    if (value == nullptr) {
      return wrong(what, *variable, fmt::format("{} has no value of its own", location.key));
    }
    KF_TRY_ASSIGN(edits.emplace_back(), replace(text, *value, location.key, cidr, what));
  }
  if (edits.empty()) {
    return fail(ExitCode::format, "{}: no container {} with an environment to set {} in", what, location.object,
                location.key);
  }
  return edits;
}

// --- a key of a ConfigMap, a field of a custom resource ---

std::vector<const YamlNode*> config_maps(const std::vector<YamlNode>& documents, std::string_view name) {
  std::vector<const YamlNode*> found;
  for (const YamlNode* object : objects_of(documents)) {
    const YamlNode* metadata = object->find("metadata");
    if (text_of(*object, "kind") == "ConfigMap" && metadata != nullptr && text_of(*metadata, "name") == name) {
      found.push_back(object);
    }
  }
  return found;
}

/// The scalars that say the network.
std::vector<const YamlNode*> values_of(const std::vector<YamlNode>& documents, const PodCidrLocation& location) {
  std::vector<const YamlNode*> values;
  const auto add = [&](const YamlNode* value) {
    if (value != nullptr && value->kind == YamlNode::Kind::scalar && !value->text.empty()) {
      values.push_back(value);
    }
  };
  if (location.kind == Kind::environment) {
    for (const YamlNode* env : env_lists(documents, location.object)) {
      const YamlNode* variable = find_variable(*env, location.key);
      add(variable == nullptr ? nullptr : variable->find("value"));
    }
  } else if (location.kind == Kind::config_map) {
    for (const YamlNode* map : config_maps(documents, location.object)) {
      const YamlNode* data = map->find("data");
      add(data == nullptr ? nullptr : data->find(location.key));
    }
  } else if (location.kind == Kind::resource) {
    for (const YamlNode* object : objects_of(documents)) {
      if (text_of(*object, "kind") == location.object) {
        std::ranges::for_each(values_at(*object, location.key), add);
      }
    }
  }
  return values;
}

Result<Edit> edit_value(std::string_view text, const std::vector<YamlNode>& documents, const PodCidrLocation& location,
                        const std::string& cidr, std::string_view what) {
  std::vector<const YamlNode*> values = values_of(documents, location);
  std::erase_if(values, [&](const YamlNode* value) { return is_ipv6(value->text) != is_ipv6(cidr); });
  if (values.size() != 1) {
    return fail(ExitCode::format, "{}: {} IPv{} networks in {} of {} to change into {}, must be one", what,
                values.size(), is_ipv6(cidr) ? 6 : 4, location.key, location.object, cidr);
  }
  return replace(text, *values.front(), location.key, cidr, what);
}

}  // namespace

Result<std::vector<Edit>> pod_cidr_edits(std::string_view text, const std::vector<YamlNode>& documents,
                                         const PodCidrLocation& location, const std::vector<std::string>& cidrs,
                                         std::string_view what) {
  std::vector<Edit> edits;
  if (location.kind == Kind::unknown || location.kind == Kind::node || cidrs.empty()) {
    return edits;
  }
  if (location.kind == Kind::flannel_net_conf) {
    KF_TRY_ASSIGN(edits.emplace_back(), edit_net_conf(text, documents, cidrs, what));
    return edits;
  }
  if (location.kind == Kind::environment) {
    if (cidrs.size() > 1 || is_ipv6(cidrs.front())) {
      return fail(ExitCode::format, "{}: {} takes one IPv4 network, not {}", what, location.key, fmt::join(cidrs, ","));
    }
    return edit_variable(text, documents, location, cidrs.front(), what);
  }
  for (const std::string& cidr : cidrs) {
    KF_TRY_ASSIGN(edits.emplace_back(), edit_value(text, documents, location, cidr, what));
  }
  return edits;
}

Result<std::vector<std::string>> pod_cidrs_at(const std::vector<YamlNode>& documents, const PodCidrLocation& location,
                                              std::string_view what) {
  if (location.kind == Kind::flannel_net_conf) {
    return net_conf_cidrs(documents, what);
  }
  std::vector<std::string> cidrs;
  for (const YamlNode* value : values_of(documents, location)) {
    // Lists of networks are written with spaces or commas between them.
    std::string text = value->text;
    std::ranges::replace(text, ',', ' ');
    for (const std::string_view part : split(text, ' ')) {
      if (!part.empty() && std::ranges::find(cidrs, part) == cidrs.end()) {
        cidrs.emplace_back(part);
      }
    }
  }
  return cidrs;
}

}  // namespace kubeferry::catalog
