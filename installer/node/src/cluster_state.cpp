// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/cluster_state.hpp>

#include <algorithm>
#include <array>

namespace kubeferry::node {

namespace {

constexpr JsonLimits k_limits{.bytes = std::uint64_t{64} * 1024 * 1024, .depth = 64};
const Json k_nothing;

/// The value behind a path of members, null when a part of it is missing: the API leaves out what is empty.
const Json& at(const Json& value, std::initializer_list<std::string_view> path) {
  const Json* here = &value;
  for (const auto key : path) {
    here = here->find(key);
    if (here == nullptr) {
      return k_nothing;
    }
  }
  return *here;
}

std::string text(const Json& value, std::initializer_list<std::string_view> path) {
  const std::string* found = at(value, path).as_string();
  return found == nullptr ? std::string() : *found;
}

bool truth(const Json& value, std::initializer_list<std::string_view> path) {
  const bool* found = at(value, path).as_bool();
  return found != nullptr && *found;
}

const Json::Array& list(const Json& value, std::initializer_list<std::string_view> path) {
  static const Json::Array k_empty;
  const auto* found = at(value, path).as_array();
  return found == nullptr ? k_empty : *found;
}

std::string joined(std::string_view reason, std::string_view message) {
  std::string out(reason);
  if (!message.empty()) {
    out += out.empty() ? "" : ": ";
    out += message;
  }
  return out;
}

NodeState node_of(const Json& item) {
  NodeState node{.name = text(item, {"metadata", "name"}),
                 .schedulable = !truth(item, {"spec", "unschedulable"}),
                 .version = text(item, {"status", "nodeInfo", "kubeletVersion"}),
                 .architecture = text(item, {"status", "nodeInfo", "architecture"}),
                 .reason = "has not reported yet"};
  const Json& labels = at(item, {"metadata", "labels"});
  node.control_plane = labels.find("node-role.kubernetes.io/control-plane") != nullptr ||
                       labels.find("node-role.kubernetes.io/master") != nullptr;
  for (const Json& condition : list(item, {"status", "conditions"})) {
    if (text(condition, {"type"}) == "Ready") {
      node.ready = text(condition, {"status"}) == "True";
      node.reason = node.ready ? "" : joined(text(condition, {"reason"}), text(condition, {"message"}));
    }
  }
  return node;
}

/// Why a container is not running, in the words that say most.
std::string container_reason(const Json& item) {
  for (const std::string_view group : {"initContainerStatuses", "containerStatuses"}) {
    for (const Json& container : list(item, {"status", group})) {
      const Json& waiting = at(container, {"state", "waiting"});
      const std::string reason = text(waiting, {"reason"});
      if (!reason.empty() && reason != "ContainerCreating" && reason != "PodInitializing") {
        return joined(fmt::format("container {}: {}", text(container, {"name"}), reason), text(waiting, {"message"}));
      }
    }
  }
  return {};
}

PodState pod_of(const Json& item) {
  PodState pod{
      .name = fmt::format("{}/{}", text(item, {"metadata", "namespace"}), text(item, {"metadata", "name"})),
      .node = text(item, {"spec", "nodeName"}),
      .finished = text(item, {"status", "phase"}) == "Succeeded",
      .is_static = at(item, {"metadata", "annotations", "kubernetes.io/config.mirror"}).as_string() != nullptr};
  std::string condition_reason;
  for (const Json& condition : list(item, {"status", "conditions"})) {
    const std::string type = text(condition, {"type"});
    const bool yes = text(condition, {"status"}) == "True";
    if (type == "Ready") {
      pod.ready = yes;
    }
    if (!yes && (type == "PodScheduled" || condition_reason.empty())) {
      condition_reason = joined(text(condition, {"reason"}), text(condition, {"message"}));
    }
  }
  if (!pod.ready && !pod.finished) {
    pod.reason = container_reason(item);
    if (pod.reason.empty()) {
      pod.reason = condition_reason.empty() ? text(item, {"status", "phase"}) : condition_reason;
    }
  }
  return pod;
}

Result<Json> parse_list(std::string_view json, std::string_view what) {
  KF_TRY_ASSIGN(Json document, parse_json(json, what, k_limits, Floats::become_null));
  if (at(document, {"items"}).as_array() == nullptr) {
    return fail(ExitCode::format, "{}: the API server answered with something else than a list", what);
  }
  return document;
}

}  // namespace

Result<std::vector<NodeState>> parse_nodes(std::string_view json) {
  KF_TRY_ASSIGN(const Json document, parse_list(json, "nodes"));
  std::vector<NodeState> out;
  std::ranges::transform(list(document, {"items"}), std::back_inserter(out), node_of);
  return out;
}

Result<std::vector<PodState>> parse_pods(std::string_view json) {
  KF_TRY_ASSIGN(const Json document, parse_list(json, "pods"));
  std::vector<PodState> out;
  std::ranges::transform(list(document, {"items"}), std::back_inserter(out), pod_of);
  return out;
}

}  // namespace kubeferry::node
