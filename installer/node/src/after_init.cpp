// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/after_init.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/catalog/cni_manifest.hpp>
#include <kubeferry/node/cluster_record.hpp>
#include <kubeferry/steps/basic_steps.hpp>

#include "manifests.hpp"

namespace kubeferry::node {

namespace {

constexpr std::array<std::string_view, 2> k_taints = {"node-role.kubernetes.io/control-plane",
                                                      "node-role.kubernetes.io/master"};
constexpr std::uint64_t k_largest_kubeconfig = std::uint64_t{1} << 20;

Kubectl admin(const host::Host& host, const std::string& program) {
  return {host, program, host.at(k_admin_conf).native()};
}

Result<bool> has_manifest(const host::Host& host, const std::string& program, const std::string& manifest) {
  // diff(1) may be missing on a bare host; then the manifest is applied again, which changes nothing.
  if (!host.exists(k_admin_conf) || !host.program("diff")) {
    return false;
  }
  const auto same = admin(host, program).has(manifest);
  return same && *same;
}

Result<std::vector<std::string>> taints_of(const Kubectl& kubectl, const std::string& node) {
  KF_TRY_ASSIGN(const std::string keys, kubectl.get({"get", "node", node, "-o", "jsonpath={.spec.taints[*].key}"}));
  std::vector<std::string> out;
  for (const auto key : split(trim(keys), ' ')) {
    if (std::ranges::find(k_taints, key) != k_taints.end()) {
      out.emplace_back(key);
    }
  }
  return out;
}

Status write_kubeconfig(const host::Host& host, const Caller& caller) {
  KF_TRY_ASSIGN(const std::string text, read_file(host.at(k_admin_conf), k_largest_kubeconfig));
  const auto directory = host.at(caller.home + "/.kube");
  if (::mkdir(directory.c_str(), 0750) == 0 && ::chown(directory.c_str(), caller.uid, caller.gid) != 0) {
    return fail_errno(errno, directory.native());
  }
  // The directory is the user's: a link put there must not make root write elsewhere.
  const auto path = directory / "config";
  KF_TRY_ASSIGN(AtomicFile file, AtomicFile::create(path, 0600, Replace::refused));
  KF_TRY(file.write(as_byte_view(text)));
  if (::fchown(file.fd(), caller.uid, caller.gid) != 0) {
    return fail_errno(errno, path.native());
  }
  return file.commit();
}

Status remove_kubeconfig(const host::Host& host, const steps::Entry& entry) {
  const auto path = host.at(entry.target);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return fail_errno(errno, path.native());
  }
  const Json* made = entry.prior.find("directoryMade");
  if (made != nullptr && made->as_bool() != nullptr && *made->as_bool()) {
    std::error_code ignored;
    std::filesystem::remove_all(path.parent_path() / "cache", ignored);
    ::rmdir(path.parent_path().c_str());
  }
  return {};
}

/// What is still missing of these Pods, as one line; empty when nothing is.
std::string missing(const std::vector<PodState>& pods, const std::string& node) {
  std::string out;
  for (const auto& pod : pods) {
    const bool ours = pod.node.empty() || pod.node == node;
    if (ours && !pod.ready && !pod.finished && !pod.is_static) {
      out += fmt::format("{}{} is not ready ({})", out.empty() ? "" : "; ", pod.name, printable(pod.reason));
    }
  }
  return out;
}

Status hinted(Status status) {
  if (status || status.error().code != ExitCode::io) {
    return status;
  }
  return Failure(
      std::move(status).error().with_hint("look with `kubeferry status` and `kubeferry doctor`; run the same "
                                          "command again to go on waiting"));
}

}  // namespace

std::unique_ptr<const steps::Step> applied(steps::Action action, std::string kubectl, std::string manifest) {
  const std::string name = action.target;
  action.preview = {.action = "run", .summary = action.summary, .argv = {kubectl, "apply", "-f", "-"}};
  action.satisfied = [=](const host::Host& host) { return has_manifest(host, kubectl, manifest); };
  action.apply = [=](const host::Host& host) -> Status {
    const Kubectl persistent = admin(host, kubectl).persistent();
    KF_TRY_ASSIGN(const auto parts, catalog::apply_parts(manifest, name));
    if (!parts.definitions.empty()) {
      KF_TRY(persistent.define(parts.definitions));
    }
    return persistent.apply(parts.rest);
  };
  return steps::action(std::move(action));
}

std::unique_ptr<const steps::Step> pod_network(std::string kubectl, std::string name, std::string manifest) {
  std::string summary = fmt::format("install the pod network {}", name);
  return applied({.kind = "pod-network", .target = std::move(name), .summary = std::move(summary)}, std::move(kubectl),
                 std::move(manifest));
}

std::unique_ptr<const steps::Step> untaint(std::string kubectl, std::string node) {
  steps::Action action{.kind = "untaint", .target = node, .summary = fmt::format("let Pods run on {}", node)};
  action.preview = {.action = "run", .summary = action.summary, .argv = {kubectl, "taint", "nodes", node, "…-"}};
  action.satisfied = [=](const host::Host& host) -> Result<bool> {
    if (!host.exists(k_admin_conf)) {
      return false;
    }
    // An API server that does not answer yet has not said that there is no taint.
    const auto left = taints_of(admin(host, kubectl), node);
    return left && left->empty();
  };
  action.apply = [=](const host::Host& host) -> Status {
    const Kubectl persistent = admin(host, kubectl).persistent();
    KF_TRY_ASSIGN(const auto left, taints_of(persistent, node));
    for (const auto& key : left) {
      KF_TRY(persistent.get({"taint", "nodes", node, key + "-"}));
    }
    return {};
  };
  return steps::action(std::move(action));
}

Caller caller(const host::Host& host, const std::function<std::optional<std::string>(const char*)>& environment) {
  const std::string wanted = environment("SUDO_UID").value_or("0");
  for (const auto line : split(host.text("/etc/passwd").value_or(""), '\n')) {
    const auto fields = split(line, ':');
    Caller found;
    if (fields.size() >= 6 && fields[2] == wanted && fields[5].starts_with('/') &&
        std::from_chars(fields[2].data(), fields[2].data() + fields[2].size(), found.uid).ec == std::errc() &&
        std::from_chars(fields[3].data(), fields[3].data() + fields[3].size(), found.gid).ec == std::errc()) {
      found.home = fields[5];
      return found;
    }
  }
  return {.home = "/root"};
}

std::unique_ptr<const steps::Step> kubeconfig(Caller caller) {
  const std::string path = caller.home + "/.kube/config";
  steps::Action action{.kind = "kubeconfig", .target = path, .summary = fmt::format("write {}", path)};
  action.preview = {.action = "create", .summary = fmt::format("copy {} to {}", k_admin_conf, path)};
  action.satisfied = [path, caller](const host::Host& host) -> Result<bool> {
    return host.exists(path) || !host.exists(caller.home);
  };
  action.capture = [caller](const host::Host& host, steps::Backups&) -> Result<Json> {
    Json prior;
    prior.set("directoryMade", !host.exists(caller.home + "/.kube"));
    return prior;
  };
  action.apply = [caller](const host::Host& host) { return write_kubeconfig(host, caller); };
  return steps::action(std::move(action));
}

void add_after_init_undoers(steps::Undoers& undoers) {
  const auto nothing = [](const host::Host&, const steps::Entry&, steps::Backups&,
                          const std::function<void(std::string_view)>&) { return Status(); };
  undoers["pod-network"] = nothing;
  undoers["extra-manifest"] = nothing;
  undoers["untaint"] = nothing;
  undoers["cluster-record"] = forget_serving;
  undoers["kubeconfig"] = [](const host::Host& host, const steps::Entry& entry, steps::Backups&,
                             const std::function<void(std::string_view)>&) { return remove_kubeconfig(host, entry); };
}

Status wait_for_node(const Kubectl& kubectl, const std::string& node, const Patience& patience) {
  const auto pending = [&]() -> Result<std::string> {
    KF_TRY_ASSIGN(const auto nodes, kubectl.nodes(node));
    const auto found = std::ranges::find(nodes, node, &NodeState::name);
    if (found == nodes.end()) {
      return fmt::format("node {} has not registered", node);
    }
    return found->ready ? std::string() : fmt::format("node {} is not Ready ({})", node, printable(found->reason));
  };
  return hinted(wait_until(pending, patience.whole, patience.pause, patience.stop, patience.say));
}

Status wait_for_pods(const Kubectl& kubectl, const std::string& node, const Patience& patience) {
  const auto pending = [&]() -> Result<std::string> {
    KF_TRY_ASSIGN(const auto pods, kubectl.pods("kube-system"));
    return pods.empty() ? std::string("no Pods yet") : missing(pods, node);
  };
  return hinted(wait_until(pending, patience.whole, patience.pause, patience.stop, patience.say));
}

}  // namespace kubeferry::node
