// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/cluster_record.hpp>

#include <algorithm>

#include <kubeferry/node/after_init.hpp>
#include <kubeferry/steps/basic_steps.hpp>

namespace kubeferry::node {

namespace {

constexpr std::string_view k_key = "cluster.json";

Result<std::string> stored(const Kubectl& kubectl) {
  return kubectl.get({"--namespace=kube-system", "get", "configmap", "kubeferry", "--ignore-not-found", "-o",
                      "jsonpath={.data.cluster\\.json}"});
}

/// Kubernetes takes JSON wherever it takes YAML.
std::string config_map(const ClusterRecord& record) {
  Json metadata;
  metadata.set("name", "kubeferry").set("namespace", "kube-system");
  Json data;
  data.set(std::string(k_key), to_text(to_json(record)));
  Json out;
  out.set("apiVersion", "v1")
      .set("kind", "ConfigMap")
      .set("metadata", std::move(metadata))
      .set("data", std::move(data));
  return to_text(out);
}

bool same(const ServingNode& a, const ServingNode& b) {
  return a.node == b.node && a.place == b.place && a.ca_pem == b.ca_pem;
}

}  // namespace

std::vector<installer::RegistryPlace> ClusterRecord::places() const {
  std::vector<installer::RegistryPlace> out;
  for (const auto& one : serving) {
    if (std::ranges::find(out, one.place) == out.end()) {
      out.push_back(one.place);
    }
  }
  return out;
}

std::string ClusterRecord::authorities() const {
  std::string out;
  for (const auto& one : serving) {
    if (out.find(one.ca_pem) == std::string::npos) {
      out += one.ca_pem;
    }
  }
  return out;
}

Json to_json(const ClusterRecord& record) {
  Json serving = Json::array();
  for (const auto& one : record.serving) {
    Json item;
    item.set("node", one.node).set("host", one.place.host).set("prefix", one.place.prefix);
    item.set("plainHTTP", one.place.plain_http).set("ca", one.ca_pem);
    serving.push(std::move(item));
  }
  Json out;
  out.set("bundleManifest", record.bundle_manifest).set("serving", std::move(serving));
  return out;
}

Result<ClusterRecord> parse_cluster_record(std::string_view text) {
  constexpr std::string_view k_what = "ConfigMap kube-system/kubeferry";
  KF_TRY_ASSIGN(const Json document, parse_json(text, k_what));
  const JsonView view(document, std::string(k_what));
  ClusterRecord out;
  KF_TRY_ASSIGN(out.bundle_manifest, view.string("bundleManifest"));
  KF_TRY_ASSIGN(const auto items, view.elements("serving"));
  for (const auto& item : items) {
    ServingNode one;
    KF_TRY_ASSIGN(one.node, item.string("node"));
    KF_TRY_ASSIGN(one.place.host, item.string("host"));
    KF_TRY_ASSIGN(one.place.prefix, item.string("prefix"));
    KF_TRY_ASSIGN(const JsonView plain, item.member("plainHTTP"));
    KF_TRY_ASSIGN(one.place.plain_http, plain.boolean());
    KF_TRY_ASSIGN(one.ca_pem, item.string("ca"));
    out.serving.push_back(std::move(one));
  }
  return out;
}

Result<ClusterRecord> read_cluster_record(const Kubectl& kubectl) {
  KF_TRY_ASSIGN(const std::string text, stored(kubectl));
  if (text.empty()) {
    return ClusterRecord();
  }
  return parse_cluster_record(text);
}

std::unique_ptr<const steps::Step> record_serving(std::string kubectl, std::string bundle_manifest, ServingNode self) {
  steps::Action action{.kind = "cluster-record",
                       .target = self.node,
                       .summary = fmt::format("tell the cluster that {} serves {}", self.node, bundle_manifest)};
  action.preview = {.action = "run", .summary = action.summary, .argv = {kubectl, "apply", "-f", "-"}};
  const auto admin = [kubectl](const host::Host& host) {
    return Kubectl(host, kubectl, host.at(k_admin_conf).native());
  };
  action.satisfied = [=](const host::Host& host) -> Result<bool> {
    if (!host.exists(k_admin_conf)) {
      return false;
    }
    const auto record = read_cluster_record(admin(host));
    return record && record->bundle_manifest == bundle_manifest &&
           std::ranges::any_of(record->serving, [&](const auto& one) { return same(one, self); });
  };
  action.capture = [=](const host::Host&, steps::Backups&) -> Result<Json> {
    Json prior;
    prior.set("kubectl", kubectl);
    return prior;
  };
  action.apply = [=](const host::Host& host) -> Status {
    const Kubectl cluster = admin(host).persistent();
    KF_TRY_ASSIGN(ClusterRecord record, read_cluster_record(cluster));
    record.bundle_manifest = bundle_manifest;
    std::erase_if(record.serving, [&](const auto& one) { return one.node == self.node; });
    record.serving.push_back(self);
    return cluster.apply(config_map(record));
  };
  return steps::action(std::move(action));
}

Status forget_serving(const host::Host& host, const steps::Entry& entry, steps::Backups&,
                      const std::function<void(std::string_view)>& warning) {
  const auto program = JsonView(entry.prior, "cluster-record").string("kubectl");
  if (!program || !host.exists(*program) || !host.exists(k_admin_conf)) {
    return {};
  }
  const Kubectl cluster(host, *program, host.at(k_admin_conf).native());
  auto record = read_cluster_record(cluster);
  if (!record) {
    warning(fmt::format("the cluster still names {} as one that serves the bundle: {}", entry.target,
                        record.error().message));
    return {};
  }
  // With the last one the cluster goes.
  if (std::erase_if(record->serving, [&](const auto& one) { return one.node == entry.target; }) == 0 ||
      record->serving.empty()) {
    return {};
  }
  if (const Status done = cluster.apply(config_map(*record)); !done) {
    warning(done.error().message);
  }
  return {};
}

}  // namespace kubeferry::node
