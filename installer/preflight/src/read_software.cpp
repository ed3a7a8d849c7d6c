// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>

#include "readers.hpp"

namespace kubeferry::preflight {

namespace {

/// Which other Kubernetes keeps its data where.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> k_distributions = {{
    {"/var/lib/rancher/k3s", "k3s"},
    {"/var/lib/rancher/rke2", "RKE2"},
    {"/var/lib/k0s", "k0s"},
    {"/var/snap/microk8s/current", "MicroK8s"},
}};
constexpr std::array<std::string_view, 3> k_sockets = {"/run/containerd/containerd.sock", "/run/crio/crio.sock",
                                                       "/run/cri-dockerd.sock"};

std::set<std::string> read_active_units(const host::Host& host, const std::string& systemctl) {
  std::vector<std::string> argv = {systemctl, "is-active"};
  argv.insert(argv.end(), std::begin(k_units), std::end(k_units));
  const std::string text = output(host, std::move(argv));
  const auto states = split(text, '\n');
  std::set<std::string> active;
  for (std::size_t n = 0; n < std::size(k_units) && n < states.size(); ++n) {
    if (trim(states[n]) == "active") {
      active.emplace(k_units[n]);
    }
  }
  return active;
}

/// The first word of `text` that starts with a digit, or with "v" and one.
std::string version_word(const std::string& text) {
  for (const auto& word : words(split(text, '\n').front())) {
    const std::size_t digit = word[0] == 'v' ? 1 : 0;
    if (digit < word.size() && word[digit] >= '0' && word[digit] <= '9') {
      return word;
    }
  }
  return {};
}

bool is_filled(const host::Host& host, std::string_view path) {
  std::error_code error;
  const bool empty = std::filesystem::is_empty(host.at(path), error);
  return !error && !empty;
}

}  // namespace

Software read_software(const host::Host& host) {
  Software software;
  for (const auto name : k_programs) {
    if (auto path = host.program(name)) {
      software.programs[std::string(name)] = std::move(*path);
    }
  }
  const auto version = [&](const char* name, const std::vector<std::string>& arguments) {
    const auto program = software.programs.find(name);
    if (program == software.programs.end()) {
      return std::string();
    }
    std::vector<std::string> argv = {program->second};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return version_word(output(host, std::move(argv)));
  };
  software.systemd = host.exists("/run/systemd/system");
  if (const auto systemctl = software.programs.find("systemctl");
      software.systemd && systemctl != software.programs.end()) {
    software.active_units = read_active_units(host, systemctl->second);
  }
  software.containerd = version("containerd", {"--version"});
  software.containerd.erase(0, software.containerd.starts_with('v') ? 1 : 0);
  software.kubelet = version("kubelet", {"--version"});
  software.kubeadm = version("kubeadm", {"version", "-o", "short"});
  const auto keep = [&](const auto& paths, std::set<std::string>& found) {
    for (const std::string_view path : paths) {
      if (host.exists(path)) {
        found.emplace(path);
      }
    }
  };
  keep(k_sockets, software.cri_sockets);
  keep(k_cluster_files, software.cluster_files);
  software.etcd_data = is_filled(host, "/var/lib/etcd");
  for (const auto& [path, name] : k_distributions) {
    if (host.exists(path)) {
      software.distributions.emplace(name);
    }
  }
  return software;
}

Security read_security(const host::Host& host, const Software& software) {
  Security security;
  const auto enforce = host.line("/sys/fs/selinux/enforce");
  security.selinux = enforce.has_value();
  security.selinux_enforcing = enforce == "1";
  security.container_policy = host.exists("/usr/share/containers/selinux/contexts") ||
                              host.exists("/usr/share/selinux/packages/container.pp.bz2") ||
                              host.exists("/var/lib/selinux/targeted/active/modules/200/container");
  security.apparmor = host.line("/sys/module/apparmor/parameters/enabled") == "Y";
  security.fapolicyd = software.active_units.contains("fapolicyd.service");
  security.firewalld = software.active_units.contains("firewalld.service");
  // Its unit is active whether it filters or not.
  const std::string ufw = host.text("/etc/ufw/ufw.conf").value_or("");
  const auto lines = split(ufw, '\n');
  security.ufw = host.program("ufw") && std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
                   return equals_ignoring_case(trim(line), "ENABLED=yes");
                 });
  return security;
}

}  // namespace kubeferry::preflight
