// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "checks.hpp"

namespace kubeferry::preflight {

namespace {

constexpr std::string_view k_containerd_socket = "/run/containerd/containerd.sock";
constexpr Version k_least_containerd = {1, 6, 0};

/// A program that something needs, in the Kubernetes versions [first, end); minor versions. kubeadm checks for them in
/// those; later ones do without.
struct Program {
  std::string_view name;
  Severity severity;
  unsigned first;
  unsigned end;
  std::string_view why;
};
constexpr unsigned k_always = 1000;
constexpr std::string_view k_not_started = "kubeadm does not start without it";
constexpr std::array<Program, 13> k_needed = {{
    {"ip", Severity::error, 0, 33, k_not_started},
    {"iptables", Severity::error, 0, 33, k_not_started},
    {"iptables", Severity::warning, 33, k_always, "ports that pods open on the host (hostPort) need it"},
    {"mount", Severity::error, 0, k_always, k_not_started},
    {"nsenter", Severity::error, 0, k_always, k_not_started},
    {"conntrack", Severity::error, 0, 32, k_not_started},
    {"crictl", Severity::error, 0, 31, k_not_started},
    {"crictl", Severity::warning, 31, k_always, "without it nobody can look at containers when the cluster is down"},
    {"ethtool", Severity::warning, 0, 33, "kubeadm says so; some networks use it"},
    {"tc", Severity::warning, 0, 33, "limits of pods' bandwidth need it"},
    {"socat", Severity::warning, 0, 32, "kubectl port-forward may need it"},
    {"ebtables", Severity::warning, 0, 32, "kubeadm says so; some networks use it"},
    {"touch", Severity::warning, 0, k_always, "kubeadm says so"},
}};

std::string check_name(std::string_view program) { return fmt::format("FileExisting-{}", program); }

bool has_runtime(const Facts& facts, const Question& question) {
  return facts.software.programs.contains("containerd") || question.brings("containerd");
}

}  // namespace

void check_container_runtime(const Facts& facts, const Question& question, Out& out) {
  if (!question.bundle || (!question.cri_socket.empty() && question.cri_socket != k_containerd_socket)) {
    return;
  }
  const Software& software = facts.software;
  if (!has_runtime(facts, question)) {
    error(out, "ContainerRuntime", "there is no containerd, neither on this host nor in the bundle",
          "containers need a runtime", install_command(facts, question, "containerd"));
    return;
  }
  const auto installed = parse_version(software.containerd);
  if (installed && *installed < k_least_containerd && !question.brings("containerd")) {
    error(out, "ContainerRuntime",
          fmt::format("containerd {} is installed; 1.6 or later is needed", software.containerd),
          "older ones lack the CRI version that the kubelet speaks", install_command(facts, question, "containerd"));
  } else if (!software.programs.contains("runc") && !question.brings("runc")) {
    error(out, "ContainerRuntime", "there is no runc, neither on this host nor in the bundle",
          "containerd cannot start containers without it", install_command(facts, question, "runc"));
  }
}

void check_docker(const Facts& facts, const Question&, Out& out) {
  if (facts.software.active_units.contains("docker.service")) {
    warning(out, "Docker", "Docker runs on this host, on the containerd that the cluster will use",
            "containerd's configuration is replaced and restarted, and Docker forbids forwarding of other traffic",
            "systemctl disable --now docker.socket docker.service");
  }
}

void check_crio(const Facts& facts, const Question& question, Out& out) {
  if (facts.software.active_units.contains("crio.service") && question.cri_socket.find("crio") == std::string::npos) {
    warning(out, "CRI", "CRI-O runs on this host beside containerd", "two runtimes need twice the memory and disk",
            "systemctl disable --now crio.service");
  }
}

void check_programs(const Facts& facts, const Question& question, Out& out) {
  // Without a bundle the newest Kubernetes is meant: it needs least.
  const unsigned minor = question.minor().value_or(k_always - 1);
  for (const auto& program : k_needed) {
    const bool asked = minor >= program.first && minor < program.end;
    if (!asked || facts.software.programs.contains(std::string(program.name)) || question.brings(program.name)) {
      continue;
    }
    auto what = fmt::format("{} is missing", program.name);
    const auto report = program.severity == Severity::error ? &error : &warning;
    report(out, check_name(program.name), std::move(what), std::string(program.why),
           install_command(facts, question, program.name));
  }
}

}  // namespace kubeferry::preflight
