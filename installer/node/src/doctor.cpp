// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/doctor.hpp>

#include <algorithm>
#include <array>
#include <filesystem>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/node/install.hpp>
#include <kubeferry/preflight/question.hpp>
#include <kubeferry/preflight/report.hpp>
#include <kubeferry/runtime/registry_service.hpp>

#include "draft_common.hpp"

namespace kubeferry::node {

namespace {

constexpr std::uint64_t k_largest_file = std::uint64_t{16} << 20;
constexpr std::uint64_t k_largest_answer = std::uint64_t{64} << 20;
constexpr std::chrono::seconds k_patience{60};
/// What programs in Pods are told is their owners' business.
constexpr std::array<std::string_view, 1> k_pod_keys = {"value"};

class Collection {
public:
  explicit Collection(const host::Host& host) : host_(host) {}

  void add(std::string name, std::string_view text, std::span<const std::string_view> keys = {}) {
    files_.push_back({std::move(name), redact(text, keys)});
  }

  void add_file(std::string name, const std::string& path) {
    if (!host_.exists(path)) {
      return;
    }
    auto text = read_file(host_.at(path), k_largest_file);
    if (!text) {
      missing(name, text.error().message);
      return;
    }
    add(std::move(name), *text);
  }

  void add_answer(std::string name, std::string_view program, std::vector<std::string> arguments,
                  std::span<const std::string_view> keys = {}) {
    auto path = host_.program(program);
    if (!path) {
      missing(name, fmt::format("there is no {} on this host", program));
      return;
    }
    arguments.insert(arguments.begin(), std::move(*path));
    const auto output =
        host_.run({.argv = std::move(arguments), .timeout = k_patience, .output_limit = k_largest_answer});
    if (!output) {
      missing(name, output.error().message);
      return;
    }
    if (output->exit_status != 0) {
      missing(name, fmt::format("{} ended with {}: {}", program, output->exit_status, host::last_line(output->err)));
    }
    add(std::move(name), output->out, keys);
  }

  /// Files below `directory`, without links and keys.
  void add_tree(const std::string& prefix, const std::string& directory) {
    namespace fs = std::filesystem;
    std::error_code error;
    for (fs::recursive_directory_iterator at(host_.at(directory), error), end; !error && at != end;
         at.increment(error)) {
      const fs::path& path = at->path();
      if (fs::is_regular_file(at->symlink_status(error)) && path.extension() != ".key") {
        const std::string below = path.lexically_relative(host_.at(directory)).native();
        add_file(fmt::format("{}/{}", prefix, below), fmt::format("{}/{}", directory, below));
      }
    }
  }

  std::vector<SupportFile> take() {
    if (!missing_.empty()) {
      add("missing.txt", missing_);
    }
    return std::move(files_);
  }

private:
  void missing(std::string_view name, std::string_view why) {
    missing_ += fmt::format("{}: {}\n", name, printable(why));
  }

  const host::Host& host_;
  std::vector<SupportFile> files_;
  std::string missing_;
};

void add_cluster(Collection& out, const host::Host& host) {
  const std::string kubeconfig = fmt::format("--kubeconfig={}", host.at(k_admin_conf).native());
  for (const std::string kind : {"nodes", "pods", "events"}) {
    out.add_answer(fmt::format("cluster/{}.json", kind), "kubectl",
                   {kubeconfig, std::string(k_kubectl_cache), "--request-timeout=30s", "get", kind, "--all-namespaces",
                    "-o", "json"},
                   k_pod_keys);
  }
}

}  // namespace

std::vector<preflight::Finding> findings_of(const host::Host& host, const steps::Journal& journal) {
  preflight::Question question;
  const Json* joined = journal.run("join");
  if (joined != nullptr) {
    question.role = host.exists(k_admin_conf) ? preflight::Role::control_plane : preflight::Role::worker;
  }
  claim_ours(question, journal, runtime::k_registry_port);
  return preflight::check(preflight::read_facts(host), question);
}

std::vector<SupportFile> collect(const host::Host& host, const NodeStatus& status,
                                 const std::vector<preflight::Finding>& findings) {
  Collection out(host);
  out.add("status.json", to_text(to_json(status), JsonStyle::indented));
  out.add("preflight.json", to_text(preflight::report_json(findings), JsonStyle::indented));
  out.add_file("journal", fmt::format("{}/journal", steps::k_state_directory));
  for (const std::string log : {"init.log", "join.log"}) {
    out.add_file("kubeadm/" + log, fmt::format("{}/{}", k_kubeadm_directory, log));
  }
  for (const auto& unit : status.units) {
    out.add_answer(fmt::format("logs/{}.txt", unit.name), "journalctl", {"-u", unit.name, "--no-pager", "-n", "2000"});
  }
  out.add_tree("etc-containerd", "/etc/containerd");
  if (status.installed) {
    out.add_answer("crictl-info.json", "crictl", {"--runtime-endpoint", status.installation.cri_socket, "info"});
  }
  out.add_answer("network/addresses.txt", "ip", {"addr"});
  out.add_answer("network/routes.txt", "ip", {"route", "show", "table", "all"});
  out.add_answer("network/iptables.txt", "iptables-save", {});
  if (status.control_plane) {
    add_cluster(out, host);
  }
  return out.take();
}

}  // namespace kubeferry::node
