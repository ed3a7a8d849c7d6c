// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <kubeferry/installer/client_configuration.hpp>
#include <kubeferry/node/survey.hpp>
#include <kubeferry/preflight/question.hpp>
#include <kubeferry/runtime/site_hosts.hpp>
#include <kubeferry/steps/step.hpp>

namespace kubeferry::node {

struct HostWants {
  kubeadm::Facts kubeadm;     ///< what its configuration comes to
  std::string cgroup_driver;  ///< "systemd", "cgroupfs"
  std::string sandbox_image;
  std::vector<std::string> pod_cidrs;
  preflight::NetworkNeeds network;                   ///< empty: there is none, or nothing is known of it
  std::vector<std::string> upstreams;                ///< registries that images are named after
  std::vector<installer::RegistryPlace> registries;  ///< nodes of ours that have them instead, in this order
  std::string registry_ca;                           ///< of those, PEM
  std::optional<runtime::SiteHosts> site;            ///< instead of `registries`
};

/// Everything below kubeadm: node files, kernel, runtime, kubelet's units. `survey`'s own plan is moved into it.
/// Errors of runtime::containerd_configuration(); unsupported_host when CRI-O is to use a site's registry with
/// credentials, which only its owner can give it.
Result<steps::Plan> host_plan(const host::Host& host, Survey& survey, const HostWants& wants);

/// Whether a containerd with a unit of somebody else's runs here: its images, and registries that we do not know, stay
/// its owner's.
[[nodiscard]] bool has_foreign_containerd(const Survey& survey);

/// Moves the steps of `from` to the end of `plan`.
void append(steps::Plan& plan, steps::Plan from);

}  // namespace kubeferry::node
