// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/kubeadm/documents.hpp>
#include <kubeferry/kubeadm/secrets.hpp>

#include "facts.hpp"
#include "merge.hpp"
#include "node_registration.hpp"
#include "user_file.hpp"

namespace kubeferry::kubeadm {
namespace {

constexpr std::uint32_t k_fail_cgroup_v1_minor = 31;  // older kubelets do not know the field

Status add_token(const Merger& init, const InitInput& input) {
  if (input.token == nullptr) {
    return {};
  }
  KF_TRY(check_token(input.token->view()));
  KF_TRY_ASSIGN(YamlNode * tokens, init.list("bootstrapTokens"));
  YamlNode made = YamlNode::mapping();
  made.set("token", YamlNode::string(input.token->view()));
  made.set("description", YamlNode::string("made by kubeferry init"));
  made.set("ttl", YamlNode::string(go_duration(input.token_ttl)));
  tokens->items.push_back(std::move(made));
  return {};
}

Status complete_init(const Merger& init, ApiVersion api, const InitInput& input, std::vector<std::string>& arguments) {
  KF_TRY(set_endpoint(init, "localAPIEndpoint", input.node, input.defaults));
  KF_TRY(register_node(init, api, input.node, input.defaults));
  KF_TRY(set_phases(init, api, input.kubeadm, input.node, arguments));
  KF_TRY(add_token(init, input));
  if (input.single_node) {
    KF_TRY(init.demand("nodeRegistration.taints", YamlNode::sequence(), "--single-node wants"));
  }
  if (api >= ApiVersion::v1beta4) {
    KF_TRY(set_timeouts(init, input.timeouts));
  }
  if (input.certificate_key != nullptr) {
    KF_TRY(check_certificate_key(input.certificate_key->view()));
    KF_TRY(init.demand("certificateKey", YamlNode::string(input.certificate_key->view()), "was given",
                       Disclosure::secret));
    arguments.emplace_back("--upload-certs");
  }
  return {};
}

Status demand(const Merger& cluster, std::string_view path, const std::optional<std::string>& value,
              std::string_view says) {
  return value ? cluster.demand(path, YamlNode::string(*value), says) : Status();
}

Status complete_cluster(const Merger& cluster, ApiVersion api, const InitInput& input) {
  const ClusterFlags& flags = input.cluster;
  KF_TRY(cluster.demand("kubernetesVersion", YamlNode::string(input.kubernetes.to_string()), "the bundle has",
                        Disclosure::value, same_version));
  KF_TRY(demand(cluster, "controlPlaneEndpoint", flags.control_plane_endpoint, "--control-plane-endpoint is"));
  KF_TRY(demand(cluster, "networking.podSubnet", flags.pod_network_cidr, "--pod-network-cidr is"));
  KF_TRY(cluster.fill("networking.podSubnet", input.defaults.pod_subnet));
  KF_TRY(demand(cluster, "networking.serviceSubnet", flags.service_cidr, "--service-cidr is"));
  KF_TRY(cluster.fill("networking.serviceSubnet", input.defaults.service_subnet));
  KF_TRY(demand(cluster, "networking.dnsDomain", flags.service_dns_domain, "--service-dns-domain is"));
  KF_TRY(demand(cluster, "imageRepository", flags.image_repository, "--image-repository is"));
  if (!flags.apiserver_cert_extra_sans.empty()) {
    KF_TRY(cluster.demand("apiServer.certSANs", YamlNode::strings(flags.apiserver_cert_extra_sans),
                          "--apiserver-cert-extra-sans is"));
  }
  if (api < ApiVersion::v1beta4 && input.timeouts.control_plane) {
    KF_TRY(cluster.fill("apiServer.timeoutForControlPlane", go_duration(*input.timeouts.control_plane)));
  }
  return {};
}

Status complete_kubelet(const Merger& kubelet, const InitInput& input) {
  KF_TRY(kubelet.fill("cgroupDriver", input.defaults.cgroup_driver));
  const bool asked = input.allow_cgroup_v1 && input.kubernetes.minor >= k_fail_cgroup_v1_minor;
  return asked ? kubelet.fill("failCgroupV1", YamlNode::literal("false")) : Status();
}

struct Change {
  std::string_view path;
  YamlNode value;
  std::string_view because;
};

/// Whatever the user said. What was changed is told.
void change(YamlNode& document, const Change& wanted, std::vector<std::string>& changes) {
  if (const YamlNode* said = document.find_path(wanted.path); said != nullptr && same_value(*said, wanted.value)) {
    return;
  }
  const auto dot = wanted.path.find('.');
  if (dot == std::string_view::npos) {
    document.set(wanted.path, wanted.value);
  } else {
    const std::string_view above = wanted.path.substr(0, dot);
    YamlNode* node = document.find(above);
    (node != nullptr && node->is_mapping() ? *node : document.set(above, YamlNode::mapping()))
        .set(wanted.path.substr(dot + 1), wanted.value);
  }
  changes.push_back(fmt::format("in the rehearsal {} is {}: {}", wanted.path, shown(wanted.value), wanted.because));
}

/// What cannot be in a copy of the machine as on the machine itself.
void adapt_to_rehearsal(DocumentSet& set, std::vector<std::string>& changes) {
  constexpr std::string_view k_only_host = "only the host's own network takes another value";
  change(set.get("KubeletConfiguration", k_kubelet_api),
         {"cgroupDriver", YamlNode::string("cgroupfs"), "no systemd runs there"}, changes);
  YamlNode& proxy = set.get("KubeProxyConfiguration", k_kube_proxy_api);
  change(proxy, {"conntrack.maxPerCore", YamlNode::literal("0"), k_only_host}, changes);
  change(proxy, {"conntrack.min", YamlNode::literal("0"), k_only_host}, changes);
}

}  // namespace

Result<Documents> init_documents(const InitInput& input) {
  KF_TRY_ASSIGN(DocumentSet set, read_documents(input.file, input.kubeadm));
  Documents made;
  made.facts.api_version = set.api;

  const Merger init(set.get("InitConfiguration", set.kubeadm_api()), set.file);
  KF_TRY(complete_init(init, set.api, input, made.arguments));
  KF_TRY(read_node_facts(init, input.node, "localAPIEndpoint", made.facts));

  const Merger cluster(set.get("ClusterConfiguration", set.kubeadm_api()), set.file);
  KF_TRY(complete_cluster(cluster, set.api, input));
  KF_TRY(read_cluster_facts(cluster, made.facts));

  const Merger kubelet(set.get("KubeletConfiguration", k_kubelet_api), set.file);
  KF_TRY(complete_kubelet(kubelet, input));
  if (input.rehearsal) {
    adapt_to_rehearsal(set, made.changes);
  }
  KF_TRY(read_kubelet_facts(Merger(set.get("KubeletConfiguration", k_kubelet_api), set.file), made.facts));

  made.redacted = emit_yaml(set.documents, SecretValues::hidden);
  made.text = crypto::SecretText(emit_yaml(set.documents));
  return made;
}

}  // namespace kubeferry::kubeadm
