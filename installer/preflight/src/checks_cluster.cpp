// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "checks.hpp"

namespace kubeferry::preflight {

namespace {

constexpr std::string_view k_etcd = "/var/lib/etcd";
constexpr std::string_view k_reset = "kubeferry reset    # or, if kubeferry did not install it: kubeadm reset";
constexpr std::string_view k_reason = "a cluster was installed here before, and what is left of it would be mixed in";

/// Versions of the kubelet that an API server takes: as old as this many minors.
constexpr unsigned k_kubelet_skew = 3;

std::string dashed(std::string_view path) {
  std::string name(path);
  std::replace(name.begin(), name.end(), '/', '-');
  return name;
}

/// Which files kubeadm does not want to find.
bool must_be_absent(Role role, std::string_view path) {
  if (path.starts_with("/etc/kubernetes/manifests/")) {
    return role != Role::worker;
  }
  if (path == "/etc/kubernetes/kubelet.conf" || path == "/etc/kubernetes/bootstrap-kubelet.conf") {
    return role != Role::init;
  }
  return path == "/etc/kubernetes/pki/ca.crt" && role == Role::worker;
}

}  // namespace

void check_cluster_files(const Facts& facts, const Question& question, Out& out) {
  for (const auto& path : facts.software.cluster_files) {
    if (must_be_absent(question.role, path) && !question.is_ours(path)) {
      error(out, fmt::format("FileAvailable-{}", dashed(path)), fmt::format("{} is there already", path),
            std::string(k_reason), std::string(k_reset));
    }
  }
}

void check_etcd_data(const Facts& facts, const Question& question, Out& out) {
  if (question.control_plane() && facts.software.etcd_data && !question.is_ours(k_etcd)) {
    error(out, fmt::format("DirAvailable-{}", dashed(k_etcd)), fmt::format("{} is not empty", k_etcd),
          std::string(k_reason), std::string(k_reset));
  }
}

void check_existing_cluster(const Facts& facts, const Question& question, Out& out) {
  const auto& files = facts.software.cluster_files;
  const bool reported = std::any_of(files.begin(), files.end(), [&](const auto& path) {
    return must_be_absent(question.role, path) && !question.is_ours(path);
  });
  for (const std::string path : {"/etc/kubernetes/admin.conf", "/etc/kubernetes/kubelet.conf"}) {
    if (!reported && files.contains(path) && !question.is_ours(path)) {
      error(out, "ExistingCluster", fmt::format("{} is there: this host belongs to a cluster", path),
            std::string(k_reason), std::string(k_reset));
      return;
    }
  }
}

void check_other_kubernetes(const Facts& facts, const Question&, Out& out) {
  if (!facts.software.distributions.empty()) {
    error(out, "OtherKubernetes",
          fmt::format("another Kubernetes is installed here: {}", fmt::join(facts.software.distributions, ", ")),
          "two of them fight over ports, containers and packet filters", "uninstall it first, with its own program");
  }
}

void check_kubelet_version(const Facts& facts, const Question& question, Out& out) {
  const auto installed = parse_version(facts.software.kubelet);
  const auto minor = question.minor();
  const auto program = facts.software.programs.find("kubelet");
  if (!installed || !minor || program == facts.software.programs.end() || question.is_ours(program->second)) {
    return;
  }
  if (installed->minor > *minor) {
    error(out, "KubeletVersion",
          fmt::format("the kubelet that is installed, {} ({}), is newer than the bundle's Kubernetes {}",
                      facts.software.kubelet, program->second, question.bundle->kubernetes),
          "a kubelet newer than its API server is not supported",
          "use a bundle of that version, or remove the kubelet's package");
  } else if (installed->minor + k_kubelet_skew < *minor && !question.brings("kubelet")) {
    error(out, "KubeletVersion",
          fmt::format("the kubelet that is installed, {}, is too old for Kubernetes {}", facts.software.kubelet,
                      question.bundle->kubernetes),
          fmt::format("a kubelet may be {} minor versions older than its API server", k_kubelet_skew),
          "use a bundle that has a kubelet");
  }
}

void check_kubeadm_version(const Facts& facts, const Question& question, Out& out) {
  const auto installed = parse_version(facts.software.kubeadm);
  const auto minor = question.minor();
  const auto program = facts.software.programs.find("kubeadm");
  if (!installed || !minor || program == facts.software.programs.end() || question.is_ours(program->second) ||
      installed->minor == *minor) {
    return;
  }
  auto what = fmt::format("kubeadm {} is installed ({}), and the bundle has Kubernetes {}", facts.software.kubeadm,
                          program->second, question.bundle->kubernetes);
  if (question.brings("kubeadm")) {
    warning(out, "KubeadmVersion", std::move(what), "the bundle's is used; by hand, the other may be called",
            "remove the other's package");
  } else {
    error(out, "KubeadmVersion", std::move(what), "kubeadm installs its own minor version only",
          "use a bundle that has kubeadm");
  }
}

}  // namespace kubeferry::preflight
