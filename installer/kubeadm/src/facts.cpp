// SPDX-License-Identifier: Apache-2.0
#include "facts.hpp"

#include <kubeferry/base/text.hpp>

namespace kubeferry::kubeadm {
namespace {

Status read(const Merger& merger, std::string_view path, std::string_view otherwise, std::string& into) {
  KF_TRY_ASSIGN(into, merger.text(path));
  if (into.empty()) {
    into = otherwise;
  }
  return {};
}

/// "10.0.0.0/16,fd00::/48" of dual stack.
Status read_subnets(const Merger& merger, std::string_view path, std::vector<std::string>& into) {
  KF_TRY_ASSIGN(const std::string text, merger.text(path));
  for (const std::string_view subnet : split(text, ',')) {
    if (!trim(subnet).empty()) {
      into.emplace_back(trim(subnet));
    }
  }
  return {};
}

}  // namespace

Status read_cluster_facts(const Merger& cluster, Facts& facts) {
  KF_TRY(read(cluster, "controlPlaneEndpoint", "", facts.control_plane_endpoint));
  KF_TRY(read_subnets(cluster, "networking.podSubnet", facts.pod_subnets));
  KF_TRY(read_subnets(cluster, "networking.serviceSubnet", facts.service_subnets));
  KF_TRY(read(cluster, "networking.dnsDomain", "cluster.local", facts.dns_domain));
  KF_TRY(read(cluster, "imageRepository", "", facts.image_repository));
  KF_TRY(read(cluster, "clusterName", "kubernetes", facts.cluster_name));
  KF_TRY(read(cluster, "certificatesDir", "/etc/kubernetes/pki", facts.certificates_dir));
  KF_TRY_ASSIGN(facts.cert_sans, cluster.texts("apiServer.certSANs"));
  facts.external_etcd = cluster.document().find_path("etcd.external") != nullptr;
  if (!facts.external_etcd) {
    KF_TRY(read(cluster, "etcd.local.dataDir", "/var/lib/etcd", facts.etcd_data_dir));
  }
  return {};
}

Status read_kubelet_facts(const Merger& kubelet, Facts& facts) {
  KF_TRY(read(kubelet, "cgroupDriver", "", facts.cgroup_driver));
  KF_TRY_ASSIGN(facts.fail_swap_on, kubelet.boolean("failSwapOn", true));
  KF_TRY_ASSIGN(facts.fail_cgroup_v1, kubelet.boolean("failCgroupV1", true));
  return {};
}

}  // namespace kubeferry::kubeadm
