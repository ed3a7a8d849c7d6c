// SPDX-License-Identifier: Apache-2.0
#include "node_registration.hpp"

#include <charconv>

#include <kubeferry/base/text.hpp>

namespace kubeferry::kubeadm {
namespace {

constexpr std::uint32_t k_patches_flag_minor = 22;

Status demand_text(const Merger& merger, std::string_view path, const std::optional<std::string>& value,
                   std::string_view says, const Merger::Same& same = same_value) {
  return value ? merger.demand(path, YamlNode::string(*value), says, Disclosure::value, same) : Status();
}

Status demand_texts(const Merger& merger, std::string_view path, const std::vector<std::string>& values,
                    std::string_view says) {
  return values.empty() ? Status() : merger.demand(path, YamlNode::strings(values), says);
}

}  // namespace

std::string go_duration(std::chrono::seconds duration) { return fmt::format("{}s", duration.count()); }

Status register_node(const Merger& merger, ApiVersion api, const NodeFlags& flags, const Defaults& defaults) {
  KF_TRY(demand_text(merger, "nodeRegistration.name", flags.node_name, "--node-name is"));
  KF_TRY(merger.fill("nodeRegistration.name", defaults.node_name));
  if (flags.cri_socket) {
    KF_TRY(merger.demand("nodeRegistration.criSocket", YamlNode::string(socket_url(*flags.cri_socket)),
                         "--cri-socket is", Disclosure::value, same_socket));
  }
  KF_TRY(merger.fill("nodeRegistration.criSocket", socket_url(defaults.cri_socket)));
  KF_TRY(demand_texts(merger, "nodeRegistration.ignorePreflightErrors", flags.ignore_preflight_errors,
                      "--ignore-preflight-errors is"));
  if (api >= ApiVersion::v1beta3) {
    KF_TRY(merger.fill("nodeRegistration.imagePullPolicy", defaults.image_pull_policy));
  }
  for (const auto& [name, value] : defaults.kubelet_extra_args) {
    KF_TRY(merger.fill_argument("nodeRegistration.kubeletExtraArgs", name, value, api >= ApiVersion::v1beta4));
  }
  return {};
}

Status set_endpoint(const Merger& merger, std::string_view path, const NodeFlags& flags, const Defaults& defaults) {
  const std::string address = fmt::format("{}.advertiseAddress", path);
  KF_TRY(demand_text(merger, address, flags.apiserver_advertise_address, "--apiserver-advertise-address is"));
  KF_TRY(merger.fill(address, defaults.advertise_address));
  if (flags.apiserver_bind_port) {
    KF_TRY(merger.demand(fmt::format("{}.bindPort", path),
                         YamlNode::literal(std::to_string(*flags.apiserver_bind_port)), "--apiserver-bind-port is"));
  }
  return {};
}

Status set_phases(const Merger& merger, ApiVersion api, const catalog::KubernetesVersion& kubeadm,
                  const NodeFlags& flags, std::vector<std::string>& arguments) {
  if (api >= ApiVersion::v1beta3) {
    KF_TRY(demand_texts(merger, "skipPhases", flags.skip_phases, "--skip-phases is"));
    return demand_text(merger, "patches.directory", flags.patches, "--patches is");
  }
  if (!flags.skip_phases.empty()) {
    arguments.push_back(fmt::format("--skip-phases={}", fmt::join(flags.skip_phases, ",")));
  }
  if (flags.patches && kubeadm.minor >= k_patches_flag_minor) {
    return Failure(fail(ExitCode::usage, "--patches does not go with a file in v1beta2")
                       .value()
                       .with_hint("kubeadm config migrate makes the file v1beta3"));
  }
  if (flags.patches) {
    arguments.push_back(fmt::format("--experimental-patches={}", *flags.patches));
  }
  return {};
}

Status set_timeouts(const Merger& merger, const Timeouts& timeouts) {
  const std::pair<std::string_view, std::optional<std::chrono::seconds>> fields[] = {
      {"timeouts.controlPlaneComponentHealthCheck", timeouts.control_plane},
      {"timeouts.kubeletHealthCheck", timeouts.kubelet},
      {"timeouts.kubernetesAPICall", timeouts.api_call},
      {"timeouts.etcdAPICall", timeouts.etcd_call},
      {"timeouts.tlsBootstrap", timeouts.tls_bootstrap},
      {"timeouts.discovery", timeouts.discovery}};
  for (const auto& [path, duration] : fields) {
    if (duration) {
      KF_TRY(merger.fill(path, go_duration(*duration)));
    }
  }
  return {};
}

Status read_node_facts(const Merger& merger, const NodeFlags& flags, std::string_view endpoint_path, Facts& facts) {
  KF_TRY_ASSIGN(facts.node_name, merger.text("nodeRegistration.name"));
  KF_TRY_ASSIGN(const std::string socket, merger.text("nodeRegistration.criSocket"));
  facts.cri_socket = socket_url(socket);
  KF_TRY_ASSIGN(facts.ignore_preflight_errors, merger.texts("nodeRegistration.ignorePreflightErrors"));
  KF_TRY_ASSIGN(facts.skip_phases, merger.texts("skipPhases"));
  if (facts.skip_phases.empty()) {
    facts.skip_phases = flags.skip_phases;
  }
  KF_TRY_ASSIGN(facts.advertise_address, merger.text(fmt::format("{}.advertiseAddress", endpoint_path)));
  const std::string port_path = fmt::format("{}.bindPort", endpoint_path);
  KF_TRY_ASSIGN(const std::string port, merger.text(port_path));
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), facts.bind_port);
    if (error != std::errc() || end != port.data() + port.size() || facts.bind_port == 0) {
      return merger.wrong(*merger.document().find_path(port_path),
                          fmt::format("{} must be a port, is {}", port_path, printable(port)));
    }
  }
  return {};
}

}  // namespace kubeferry::kubeadm
