// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/node_files.hpp>

#include <utility>

#include <kubeferry/runtime/detect.hpp>

namespace kubeferry::runtime {

namespace {

constexpr std::string_view k_mark = "# Written by kubeferry.";

/// All that counts for a unit: its file and its drop-ins.
std::string whole_unit(const host::Host& host, std::string_view name) {
  std::string text = host.text(unit_path(host, name).value_or("")).value_or("");
  for (const auto* directory : {"/usr/lib", "/lib", "/usr/local/lib", "/etc"}) {
    std::error_code ignored;
    const auto drop_ins = host.at(fmt::format("{}/systemd/system/{}.d", directory, name));
    for (const auto& entry : std::filesystem::directory_iterator(drop_ins, ignored)) {
      if (entry.path().extension() == ".conf") {
        text += host.text("/" + entry.path().lexically_relative(host.root()).native()).value_or("");
      }
    }
  }
  return text;
}

}  // namespace

std::string kubelet_unit(std::string_view kubelet) {
  return fmt::format(R"({}
[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target

[Service]
ExecStart={}
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
)",
                     k_mark, kubelet);
}

std::string kubelet_drop_in(std::string_view kubelet, std::string_view extra_arguments) {
  return fmt::format(
      R"({}
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
# Made by kubeadm init and kubeadm join.
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
# For KUBELET_EXTRA_ARGS of this node.
EnvironmentFile=-{}
ExecStart=
ExecStart={} $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
)",
      k_mark, extra_arguments, kubelet);
}

std::string containerd_unit(std::string_view containerd) {
  return fmt::format(R"({}
[Unit]
Description=containerd container runtime
Documentation=https://containerd.io
After=network.target local-fs.target dbus.service

[Service]
ExecStartPre=-/sbin/modprobe overlay
ExecStart={}
Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=5
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
)",
                     k_mark, containerd);
}

std::string crictl_configuration(std::string_view endpoint) {
  return fmt::format("{}\nruntime-endpoint: \"{}\"\nimage-endpoint: \"{}\"\n", k_mark, endpoint, endpoint);
}

std::vector<ConfigurationFile> kubelet_files(const host::Host& host, std::string_view kubelet) {
  const std::string there = whole_unit(host, "kubelet.service");
  const bool starts_it = there.find(fmt::format("ExecStart={} ", kubelet)) != std::string::npos;
  if (starts_it && there.find("/etc/kubernetes/kubelet.conf") != std::string::npos &&
      there.find("/var/lib/kubelet/kubeadm-flags.env") != std::string::npos &&
      there.find(k_mark) == std::string::npos) {
    return {};
  }
  const bool red_hat = host.exists("/etc/sysconfig") && !host.exists("/etc/default");
  return {{std::string(k_kubelet_unit), kubelet_unit(kubelet)},
          {std::string(k_kubelet_drop_in),
           kubelet_drop_in(kubelet, red_hat ? "/etc/sysconfig/kubelet" : "/etc/default/kubelet")}};
}

}  // namespace kubeferry::runtime
