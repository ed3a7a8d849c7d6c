// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include <kubeferry/runtime/node_files.hpp>
#include <kubeferry/steps/basic_steps.hpp>

namespace kubeferry::runtime {

namespace {

std::vector<std::string> modules(const KernelWants& wants) {
  std::vector<std::string> names = {"overlay", "br_netfilter"};
  std::ranges::copy_if(wants.modules, std::back_inserter(names),
                       [&](const std::string& name) { return std::ranges::find(names, name) == names.end(); });
  return names;
}

std::map<std::string, std::string> sysctls(const KernelWants& wants) {
  std::map<std::string, std::string> values = wants.sysctls;
  // Not the network's to switch off: kubeadm asks for them.
  values["net.bridge.bridge-nf-call-iptables"] = "1";
  values["net.bridge.bridge-nf-call-ip6tables"] = "1";
  if (wants.ipv4_forwarding) {
    values["net.ipv4.ip_forward"] = "1";
  }
  if (wants.ipv6_forwarding) {
    values["net.ipv6.conf.all.forwarding"] = "1";
  }
  return values;
}

}  // namespace

std::vector<ConfigurationFile> kernel_files(const KernelWants& wants) {
  std::string names = "# Written by kubeferry.\n";
  for (const std::string& module : modules(wants)) {
    names += module + "\n";
  }
  std::string values = "# Written by kubeferry.\n";
  for (const auto& [key, value] : sysctls(wants)) {
    values += fmt::format("{} = {}\n", key, value);
  }
  return {{"/etc/modules-load.d/kubeferry.conf", std::move(names)},
          {"/etc/sysctl.d/90-kubeferry.conf", std::move(values)}};
}

steps::Plan kernel_steps(const KernelWants& wants) {
  steps::Plan plan = file_steps(kernel_files(wants));
  for (std::string& module : modules(wants)) {
    plan.push_back(steps::kernel_module(std::move(module)));
  }
  for (const auto& [key, value] : sysctls(wants)) {
    plan.push_back(steps::sysctl(key, value));
  }
  return plan;
}

steps::Plan file_steps(std::span<const ConfigurationFile> files, std::uint32_t mode) {
  steps::Plan plan;
  for (const ConfigurationFile& file : files) {
    plan.push_back(steps::text_file(file.path, file.text, mode));
  }
  return plan;
}

}  // namespace kubeferry::runtime
