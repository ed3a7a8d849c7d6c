// SPDX-License-Identifier: Apache-2.0
#include "plan.hpp"

namespace kubeferry::rehearsal {

namespace {

Json list(const std::vector<std::string>& texts) {
  Json out = Json::array();
  for (const auto& text : texts) {
    out.push(text);
  }
  return out;
}

Result<std::vector<std::string>> texts(const JsonView& view, std::string_view key) {
  KF_TRY_ASSIGN(const auto elements, view.elements(key));
  std::vector<std::string> out;
  for (const auto& element : elements) {
    KF_TRY_ASSIGN(std::string text, element.string());
    out.push_back(std::move(text));
  }
  return out;
}

}  // namespace

Json to_json(const Plan& plan) {
  Json namespaces = Json::object();
  for (const auto& [name, link] : plan.namespaces) {
    namespaces.set(name, link);
  }
  Json out;
  out.set("directory", plan.directory).set("marker", plan.marker).set("namespaces", std::move(namespaces));
  out.set("arguments", list(plan.arguments)).set("workingDirectory", plan.working_directory);
  out.set("interface", plan.interface).set("addresses", list(plan.addresses)).set("hosts", plan.hosts);
  out.set("endpoint", plan.endpoint).set("endpointPort", plan.endpoint_port).set("port", plan.port);
  return out.set("nameServers", list(plan.name_servers)).set("networks", list(plan.networks));
}

Result<Plan> parse_plan(std::string_view text) {
  KF_TRY_ASSIGN(const Json json, parse_json(text, "the rehearsal's plan"));
  const JsonView view(json, "plan");
  Plan plan;
  KF_TRY_ASSIGN(plan.directory, view.string("directory"));
  KF_TRY_ASSIGN(plan.marker, view.string("marker"));
  KF_TRY_ASSIGN(const JsonView namespaces, view.member("namespaces"));
  KF_TRY_ASSIGN(const auto members, namespaces.members());
  for (const auto& [name, link] : members) {
    KF_TRY_ASSIGN(plan.namespaces[name], link.string());
  }
  KF_TRY_ASSIGN(plan.arguments, texts(view, "arguments"));
  KF_TRY_ASSIGN(plan.working_directory, view.string("workingDirectory"));
  KF_TRY_ASSIGN(plan.interface, view.string("interface"));
  KF_TRY_ASSIGN(plan.addresses, texts(view, "addresses"));
  KF_TRY_ASSIGN(plan.hosts, view.string("hosts"));
  KF_TRY_ASSIGN(plan.endpoint, view.string("endpoint"));
  KF_TRY_ASSIGN(plan.endpoint_port, view.unsigned_integer("endpointPort"));
  KF_TRY_ASSIGN(plan.port, view.unsigned_integer("port"));
  KF_TRY_ASSIGN(plan.name_servers, texts(view, "nameServers"));
  KF_TRY_ASSIGN(plan.networks, texts(view, "networks"));
  return plan;
}

}  // namespace kubeferry::rehearsal
