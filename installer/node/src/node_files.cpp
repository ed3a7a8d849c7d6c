// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/node_files.hpp>

#include <algorithm>
#include <array>
#include <set>

#include <kubeferry/base/text.hpp>
#include <kubeferry/bundle/reach.hpp>
#include <kubeferry/catalog/version.hpp>
#include <kubeferry/steps/basic_steps.hpp>

namespace kubeferry::node {

namespace {

constexpr std::array<std::string_view, 3> k_kubernetes = {"kubeadm", "kubelet", "kubectl"};
constexpr std::string_view k_oldest_containerd = "1.6.0";

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool is_program(const bundle::FileRow& row) {
  return row.mode == 0755 && (row.path.starts_with("/usr/local/bin/") || row.path.starts_with("/usr/local/sbin/"));
}

/// The program of that name that the host's own packages brought; empty when there is none. What lies in /usr/local is
/// ours, or the user's by hand: the former is replaced as it should be, the latter kept as backup.
std::string packaged(const host::Host& host, const std::string& name) {
  for (const std::string_view directory : {"/usr/sbin", "/usr/bin", "/sbin", "/bin"}) {
    std::string path = fmt::format("{}/{}", directory, name);
    std::error_code ignored;
    if (std::filesystem::is_regular_file(host.at(path), ignored)) {
      return path;
    }
  }
  return {};
}

/// Components that the host has itself, each with the reason as a line for people.
std::map<std::string, std::string> fitting(const host::Host& host, const std::set<std::string>& components,
                                           std::string_view kubernetes,
                                           const std::function<std::string(const std::string&)>& version_of) {
  std::map<std::string, std::string> out;
  const auto keep = [&](const std::string& component, const std::string& path, const std::string& version) {
    out[component] = fmt::format("{}: the host's own {} ({}) is used", component, path, version);
  };
  for (const auto& component : components) {
    const std::string path = packaged(host, component);
    if (path.empty()) {
      continue;
    }
    const std::string version = version_of(path);
    const bool of_kubernetes = std::ranges::find(k_kubernetes, component) != k_kubernetes.end();
    if (of_kubernetes ? fmt::format("v{}", version) == kubernetes
                      : component == "crictl" || (component == "containerd" && !version.empty() &&
                                                  catalog::compare_numbers(version, k_oldest_containerd) >= 0)) {
      keep(component, path, version);
    }
  }
  // runc goes with the containerd that was tested with it.
  if (const std::string runc = packaged(host, "runc"); !runc.empty() && out.contains("containerd")) {
    keep("runc", runc, version_of(runc));
  }
  return out;
}

}  // namespace

NodeFiles node_files(const host::Host& host, const std::vector<bundle::FileRow>& files,
                     const std::function<std::uint64_t(const crypto::Digest&)>& size_of, std::string_view platform,
                     std::string_view kubernetes, const OpenBlob& open,
                     const std::function<std::string(const std::string& program)>& version_of) {
  std::set<std::string> components;
  for (const auto& row : files) {
    if (is_program(row)) {
      components.insert(row.component);
    }
  }
  const auto kept = fitting(host, components, kubernetes, version_of);
  NodeFiles out;
  for (const auto& [component, reason] : kept) {
    out.kept.push_back(reason);
  }
  for (const auto& row : files) {
    if (!bundle::serves_platform(platform, row.platform)) {
      continue;
    }
    // What installs is the program that runs: the one that was trusted.
    if (row.component == bundle::k_own_component) {
      continue;
    }
    const std::string name = name_of(row.path);
    if (is_program(row) && kept.contains(row.component)) {
      out.programs[name] = packaged(host, name);
      continue;
    }
    if (is_program(row)) {
      out.programs[name] = row.path;
    }
    out.plan.push_back(steps::content_file(
        row.path, {row.digest, size_of(row.digest), [open, digest = row.digest] { return open(digest); }}, row.mode));
  }
  for (const std::string_view name : {"kubeadm", "kubelet", "kubectl", "containerd", "runc", "crictl", "ctr"}) {
    if (const auto found = host.program(name); found && !out.programs.contains(std::string(name))) {
      out.programs[std::string(name)] = *found;
    }
  }
  return out;
}

std::string program_version(const host::Host& host, const std::string& program) {
  const std::string name = name_of(program);
  std::vector<std::string> argv = {program};
  if (name == "kubeadm") {
    argv.insert(argv.end(), {"version", "-o", "short"});
  } else if (name == "kubectl") {
    argv.insert(argv.end(), {"version", "--client"});
  } else {
    argv.emplace_back("--version");
  }
  const auto output = host.output_of(argv);
  if (!output) {
    return {};
  }
  // The first word that is a version: "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+b1",
  // "runc version 1.1.5+ds1", "Kubernetes v1.20.2", "crictl version v1.20.0".
  std::string text = *output;
  std::ranges::replace_if(
      text, [](char c) { return c == '\n' || c == '"' || c == ',' || c == ':'; }, ' ');
  for (std::string_view word : split(text, ' ')) {
    word.remove_prefix(word.starts_with('v') ? 1 : 0);
    const auto end = word.find_first_not_of("0123456789.");
    const auto number = word.substr(0, end);
    if (std::ranges::count(number, '.') == 2 && !number.starts_with('.')) {
      return std::string(number);
    }
  }
  return {};
}

}  // namespace kubeferry::node
