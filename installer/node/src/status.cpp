// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/status.hpp>

#include <algorithm>

#include <kubeferry/node/after_init.hpp>
#include <kubeferry/node/kubectl.hpp>
#include <kubeferry/node/node_files.hpp>
#include <kubeferry/runtime/detect.hpp>
#include <kubeferry/runtime/registry_service.hpp>

#include "status_images.hpp"

namespace kubeferry::node {

namespace {

constexpr std::string_view k_kubelet_conf = "/etc/kubernetes/kubelet.conf";
constexpr std::chrono::days k_soon{30};
constexpr std::size_t k_records = 10;

std::string fact(const Json& facts, std::string_view name) {
  const Json* value = facts.find(name);
  return value == nullptr || value->as_string() == nullptr ? std::string() : *value->as_string();
}

Installation installation_of(const steps::Journal& journal) {
  Installation out{.unfinished = journal.unfinished().value_or("")};
  for (const char* verb : {"init", "join"}) {
    if (const Json* facts = journal.run(verb)) {
      out.verb = verb;
      out.bundle = fact(*facts, "bundle");
      out.bundle_name = fact(*facts, "name");
      out.kubernetes = fact(*facts, "kubernetes");
      out.node = fact(*facts, "node");
      out.cri_socket = fact(*facts, "criSocket");
    }
  }
  for (const auto& entry : journal.entries()) {
    ++(entry.state == steps::State::done ? out.steps_done : out.steps_begun);
  }
  return out;
}

void judge_installation(NodeStatus& out) {
  const auto& installed = out.installation;
  if (!installed.unfinished.empty()) {
    out.problems.push_back(fmt::format(
        "{} has not finished: unless it runs now, give the same `kubeferry {}` again to go on{}", installed.unfinished,
        installed.unfinished, installed.unfinished == "reset" ? "" : ", or `kubeferry reset` to take it back"));
  } else if (installed.steps_begun != 0) {
    out.problems.push_back(
        fmt::format("{} steps of {} failed: give the same command again to go on, or `kubeferry reset`",
                    installed.steps_begun, installed.verb));
  }
}

void ask_programs(const host::Host& host, NodeStatus& out) {
  for (const char* name : {"kubeadm", "kubelet", "kubectl", "containerd", "crio", "runc", "crictl"}) {
    if (auto path = host.program(name)) {
      std::string version = program_version(host, *path);
      out.programs.push_back({name, std::move(*path), std::move(version)});
    }
  }
}

void ask_units(const host::Host& host, NodeStatus& out) {
  if (!host.program("systemctl")) {
    return;
  }
  for (const std::string_view name : {std::string_view("containerd.service"), std::string_view("crio.service"),
                                      std::string_view("kubelet.service"), runtime::k_registry_service}) {
    const auto unit = runtime::find_unit(host, name, nullptr);
    if (!unit) {
      continue;
    }
    out.units.push_back({unit->name, unit->active});
    // The host's other runtime may rest.
    const bool needed = name != "crio.service" || out.installation.cri_socket.find("crio") != std::string::npos;
    const bool other = name == "containerd.service" && out.installation.cri_socket.find("crio") != std::string::npos;
    if (!unit->active && needed && !other) {
      out.problems.push_back(fmt::format("{} is not active: journalctl -u {} says why", name, name));
    }
  }
}

/// Takes the answer over, or says why there is none.
template <class T>
void take(Result<T> answer, T& into, NodeStatus& out) {
  if (answer) {
    into = std::move(*answer);
  } else {
    out.problems.push_back(printable(answer.error().message));
  }
}

void ask_administration(const host::Host& host, NodeStatus& out) {
  const auto path = host.program("kubeadm");
  if (!path) {
    out.problems.emplace_back("there is no kubeadm on this host");
    return;
  }
  const auto program = kubeadm::find_program(host, *path);
  if (!program) {
    out.problems.push_back(printable(program.error().message));
    return;
  }
  take(kubeadm::certificates(host, *program), out.certificates, out);
  take(kubeadm::list_tokens(host, *program), out.tokens, out);
}

void ask_cluster(const host::Host& host, NodeStatus& out) {
  const auto kubectl = host.program("kubectl");
  if (!kubectl) {
    out.problems.emplace_back("there is no kubectl on this host");
    return;
  }
  const std::string_view kubeconfig = out.control_plane ? k_admin_conf : k_kubelet_conf;
  const Kubectl cluster(host, *kubectl, host.at(kubeconfig).native());
  if (out.control_plane) {
    take(cluster.nodes(), out.nodes, out);
    take(cluster.pods({}), out.pods, out);
    return;
  }
  // A kubelet may read its own node, and the Pods on it.
  take(cluster.nodes(out.installation.node), out.nodes, out);
  const std::string own = fmt::format("--field-selector=spec.nodeName={}", out.installation.node);
  auto json = cluster.get({"get", "pods", "--all-namespaces", "-o", "json", own});
  take(json ? parse_pods(*json) : Result<std::vector<PodState>>(propagate(std::move(json))), out.pods, out);
}

}  // namespace

void judge_certificates(NodeStatus& status, TimePoint now) {
  for (const auto& certificate : status.certificates) {
    if (!certificate.expires) {
      continue;
    }
    const std::string when = to_rfc3339(*certificate.expires);
    if (*certificate.expires <= now) {
      status.problems.push_back(fmt::format("certificate {} expired on {}", certificate.name, when));
    } else if (*certificate.expires - now <= k_soon) {
      status.warnings.push_back(fmt::format(
          "certificate {} expires on {}: {}", certificate.name, when,
          certificate.authority ? "an authority is replaced by hand" : "kubeadm certs renew " + certificate.name));
    }
  }
}

void judge_cluster(NodeStatus& status) {
  for (const auto& node : status.nodes) {
    if (!node.ready) {
      status.problems.push_back(printable(fmt::format("node {} is not Ready: {}", node.name, node.reason)));
    }
  }
  for (const auto& pod : status.pods) {
    if (!pod.ready && !pod.finished) {
      status.problems.push_back(printable(fmt::format("Pod {} is not Ready: {}", pod.name, pod.reason)));
    }
  }
}

NodeStatus status(const host::Host& host, const steps::Journal& journal, TimePoint now) {
  NodeStatus out;
  out.installed = !journal.entries().empty() || journal.unfinished().has_value();
  if (!out.installed) {
    return out;
  }
  out.installation = installation_of(journal);
  out.control_plane = host.exists(k_admin_conf);
  out.records = journal.tail(k_records);
  judge_installation(out);
  ask_programs(host, out);
  ask_units(host, out);
  if (out.control_plane) {
    ask_administration(host, out);
    judge_certificates(out, now);
  }
  if (out.control_plane || host.exists(k_kubelet_conf)) {
    ask_cluster(host, out);
    judge_cluster(out);
  }
  out.images = compare_images(host, journal, out.installation);
  for (const auto& image : out.images.wrong) {
    out.problems.push_back(fmt::format("image {}", printable(image)));
  }
  return out;
}

}  // namespace kubeferry::node
