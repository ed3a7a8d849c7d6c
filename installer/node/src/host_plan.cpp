// SPDX-License-Identifier: Apache-2.0
#include "host_plan.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <kubeferry/base/text.hpp>
#include <kubeferry/runtime/node_files.hpp>
#include <kubeferry/runtime/registry_service.hpp>
#include <kubeferry/runtime/runtime_steps.hpp>
#include <kubeferry/steps/basic_steps.hpp>

namespace kubeferry::node {

namespace {

using installer::ConfigurationFile;

/// Where the kernel does not let us lower a process's OOM score (containers, hardened services), runc fails otherwise.
bool lacks_sys_resource(const host::Host& host) {
  constexpr unsigned k_cap_sys_resource = 24;
  const std::string status = host.text("/proc/self/status").value_or("");
  const auto at = status.find("CapEff:");
  if (at == std::string::npos) {
    return false;
  }
  const std::string_view digits = trim(std::string_view(status).substr(at + 7, status.find('\n', at) - at - 7));
  std::uint64_t effective = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), effective, 16);
  return parsed.ec == std::errc() && (effective >> k_cap_sys_resource & 1U) == 0;
}

runtime::CgroupDriver driver_of(const HostWants& wants) {
  return wants.cgroup_driver == "cgroupfs" ? runtime::CgroupDriver::cgroupfs : runtime::CgroupDriver::systemd;
}

Status add_containerd(const host::Host& host, const Survey& survey, const HostWants& wants, steps::Plan& plan) {
  const auto& present = survey.detected.containerd;
  const bool served_others = has_foreign_containerd(survey);
  if (!served_others) {
    plan.push_back(steps::directory("/var/lib/containerd", 0700, steps::Remove::with_content));
    plan.push_back(steps::directory("/run/containerd", 0711, steps::Remove::with_content));
    plan.push_back(steps::directory("/opt/containerd", 0711, steps::Remove::with_content));
    plan.push_back(steps::directory("/etc/cni/net.d", 0755));
  }
  KF_TRY_ASSIGN(auto containerd,
                runtime::containerd_steps(
                    {.program = survey.files.programs.at("containerd"),
                     .version = survey.runtime.version,
                     .found = present,
                     .configuration = survey.detected.containerd_configuration,
                     .wants = {.sandbox_image = wants.sandbox_image,
                               .cgroup_driver = driver_of(wants),
                               .restrict_oom_score = lacks_sys_resource(host) ? runtime::RestrictOomScore::yes
                                                                              : runtime::RestrictOomScore::no}}));
  const auto others = served_others ? runtime::OtherRegistries::left_alone : runtime::OtherRegistries::asked_here;
  append(plan, wants.site ? runtime::site_hosts(containerd.registry_directory, wants.upstreams, *wants.site, others)
                          : runtime::file_steps(runtime::registry_hosts(containerd.registry_directory, wants.upstreams,
                                                                        wants.registries, wants.registry_ca, others)));
  append(plan, std::move(containerd.plan));
  return {};
}

Status add_crio(const HostWants& wants, steps::Plan& plan) {
  const runtime::CrioWants crio{.sandbox_image = wants.sandbox_image, .cgroup_driver = driver_of(wants)};
  if (wants.site && !wants.site->authorization.empty()) {
    return Failure(Error{ExitCode::unsupported_host,
                         fmt::format("CRI-O has no place of ours for the credentials of {}", wants.site->place.host),
                         "set global_auth_file in /etc/crio/crio.conf.d, and run this without credentials of the "
                         "registry in ~/.docker/config.json",
                         {}});
  }
  append(plan, runtime::crio_steps(
                   wants.site ? runtime::crio_site_files(crio, wants.upstreams, wants.site->place, wants.site->ca_pem)
                              : runtime::crio_files(crio, wants.upstreams, wants.registries, wants.registry_ca)));
  return {};
}

}  // namespace

namespace {

/// Of the modules that the pod network needs, those that can be loaded here. What is missing, preflight has told: who
/// goes on in spite of it knows why.
std::vector<std::string> loadable(const std::vector<std::string>& names, const preflight::Kernel& kernel) {
  std::vector<std::string> out;
  std::ranges::copy_if(names, std::back_inserter(out), [&](const std::string& name) {
    const auto state = kernel.modules.find(name);
    return state != kernel.modules.end() &&
           (state->second == preflight::Module::on_disk || state->second == preflight::Module::loaded);
  });
  return out;
}

}  // namespace

bool has_foreign_containerd(const Survey& survey) {
  const auto& present = survey.detected.containerd;
  return present && present->unit && present->unit->origin != runtime::Origin::ours;
}

void append(steps::Plan& plan, steps::Plan from) { std::ranges::move(from, std::back_inserter(plan)); }

Result<steps::Plan> host_plan(const host::Host& host, Survey& survey, const HostWants& wants) {
  steps::Plan plan = std::move(survey.files.plan);
  const bool six = std::ranges::any_of(wants.pod_cidrs, [](const auto& cidr) { return cidr.find(':') != cidr.npos; });
  append(plan, runtime::kernel_steps({.ipv6_forwarding = six,
                                      .modules = loadable(wants.network.modules, survey.facts.kernel),
                                      .sysctls = wants.network.sysctls}));
  const std::vector<ConfigurationFile> crictl = {
      {std::string(runtime::k_crictl_configuration), runtime::crictl_configuration(wants.kubeadm.cri_socket)}};
  append(plan, runtime::file_steps(crictl));
  if (survey.runtime.kind == runtime::Kind::crio) {
    KF_TRY(add_crio(wants, plan));
  } else {
    KF_TRY(add_containerd(host, survey, wants, plan));
  }
  append(plan, runtime::file_steps(runtime::kubelet_files(host, survey.files.programs.at("kubelet"))));
  // kubeadm starts it, with a configuration that only kubeadm writes.
  plan.push_back(steps::unit("kubelet.service", {.running = false}));
  return plan;
}

}  // namespace kubeferry::node
