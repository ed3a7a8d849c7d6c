// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/packs.hpp>

#include <algorithm>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/kubeadm/cluster.hpp>
#include <kubeferry/kubeadm/secrets.hpp>
#include <kubeferry/node/cluster_record.hpp>

namespace kubeferry::node {

namespace {

constexpr std::uint64_t k_largest_certificate = 64 * 1024;
constexpr auto k_certificate_key_life = std::chrono::hours(2);

/// "server: https://10.0.0.1:6443" in the kubeconfig that kubeadm publishes for those who join.
Result<std::string> published_endpoint(const Kubectl& kubectl) {
  KF_TRY_ASSIGN(const std::string text, kubectl.get({"--namespace=kube-public", "get", "configmap", "cluster-info",
                                                     "-o", "jsonpath={.data.kubeconfig}"}));
  constexpr std::string_view k_key = "server: https://";
  const auto at = text.find(k_key);
  if (at == std::string::npos) {
    return fail(ExitCode::format, "kube-public/cluster-info names no server");
  }
  const auto rest = std::string_view(text).substr(at + k_key.size());
  return std::string(trim(rest.substr(0, rest.find('\n'))));
}

/// The value of `key` on a line of its own in a ConfigMap that kubeadm wrote; empty when it has none. kubeadm itself
/// writes these documents, always in block style.
std::string line_value(std::string_view text, std::string_view key) {
  for (const auto line : split(text, '\n')) {
    const auto content = trim(line);
    if (content.starts_with(key) && content.substr(key.size()).starts_with(':')) {
      std::string_view value = trim(content.substr(key.size() + 1));
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
      return std::string(value);
    }
  }
  return {};
}

/// Of the kubelets, as kubeadm tells those who join: a runtime that is set otherwise starts no Pod. Empty when there is
/// none to be read.
std::string kubelet_configuration(const Kubectl& kubectl, const catalog::KubernetesVersion& version) {
  // The name lost its version in 1.24.
  for (const std::string& name : {fmt::format("kubelet-config-1.{}", version.minor), std::string("kubelet-config")}) {
    const auto text = kubectl.get(
        {"--namespace=kube-system", "get", "configmap", name, "--ignore-not-found", "-o", "jsonpath={.data.kubelet}"});
    if (text && !text->empty()) {
      return *text;
    }
  }
  return {};
}

/// Empty for one of kubeadm's defaults, under which CoreDNS has another name.
std::string custom_repository(std::string_view cluster_configuration) {
  std::string found = line_value(cluster_configuration, "imageRepository");
  return found == "registry.k8s.io" || found == "k8s.gcr.io" ? std::string() : found;
}

}  // namespace

Result<source::JoinPack> new_join_pack(const host::Host& host, const Kubectl& once, const kubeadm::Program& program,
                                       const PackWants& wants) {
  const Kubectl kubectl = once.persistent();
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  source::JoinPack pack{
      .created = now, .kubernetes_version = program.version.to_string(), .cri_socket = wants.cri_socket};
  KF_TRY_ASSIGN(const ClusterRecord record, read_cluster_record(kubectl));
  if (record.serving.empty()) {
    return Failure(
        Error{ExitCode::usage, "the cluster knows no node that serves a bundle", "was it made by kubeferry init?", {}});
  }
  pack.registries = record.places();
  pack.registry_ca = record.authorities();
  KF_TRY_ASSIGN(pack.bundle_manifest, crypto::Digest::parse(record.bundle_manifest));
  pack.endpoint = wants.endpoint;
  if (pack.endpoint.empty()) {
    KF_TRY_ASSIGN(pack.endpoint, published_endpoint(kubectl));
  }
  KF_TRY_ASSIGN(const std::string cluster, kubectl.cluster_configuration());
  const std::string directory = line_value(cluster, "certificatesDir");
  const auto ca = host.at((directory.empty() ? "/etc/kubernetes/pki" : directory) + "/ca.crt");
  KF_TRY_ASSIGN(const std::string pem, read_file(ca, k_largest_certificate));
  KF_TRY_ASSIGN(auto hash, kubeadm::ca_cert_hash(pem, ca.native()));
  pack.ca_cert_hashes = {std::move(hash)};
  KF_TRY_ASSIGN(pack.token, kubeadm::generate_token());
  KF_TRY(kubeadm::create_token(host, program,
                               {.token = &pack.token, .ttl = wants.ttl, .description = "kubeferry join pack"}));
  pack.token_expires = now + wants.ttl;
  const std::string kubelet = kubelet_configuration(kubectl, program.version);
  pack.cgroup_driver = line_value(kubelet, "cgroupDriver");
  pack.fail_cgroup_v1 = line_value(kubelet, "failCgroupV1") != "false";
  pack.image_repository = custom_repository(cluster);
  if (wants.certificates) {
    source::CertificateKey key{.expires = now + k_certificate_key_life};
    KF_TRY_ASSIGN(key.key, kubeadm::generate_certificate_key());
    KF_TRY(kubeadm::upload_certificates(host, program, key.key, cluster));
    pack.certificate_key = std::move(key);
  }
  return pack;
}

}  // namespace kubeferry::node
