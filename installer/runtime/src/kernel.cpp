// SPDX-License-Identifier: Apache-2.0
#include <iterator>
#include <utility>

#include <kubeferry/runtime/node_files.hpp>
#include <kubeferry/steps/basic_steps.hpp>

namespace kubeferry::runtime {

namespace {

constexpr std::string_view k_modules[] = {"overlay", "br_netfilter"};

std::vector<std::string> sysctls(const KernelWants& wants) {
  std::vector<std::string> keys = {"net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables"};
  if (wants.ipv4_forwarding) {
    keys.emplace_back("net.ipv4.ip_forward");
  }
  if (wants.ipv6_forwarding) {
    keys.emplace_back("net.ipv6.conf.all.forwarding");
  }
  return keys;
}

}  // namespace

std::vector<ConfigurationFile> kernel_files(const KernelWants& wants) {
  std::string modules = "# Written by kubeferry.\n";
  for (const auto module : k_modules) {
    modules += fmt::format("{}\n", module);
  }
  std::string values = "# Written by kubeferry.\n";
  for (const std::string& key : sysctls(wants)) {
    values += key + " = 1\n";
  }
  return {{"/etc/modules-load.d/kubeferry.conf", std::move(modules)},
          {"/etc/sysctl.d/90-kubeferry.conf", std::move(values)}};
}

steps::Plan kernel_steps(const KernelWants& wants) {
  steps::Plan plan = file_steps(kernel_files(wants));
  for (const auto module : k_modules) {
    plan.push_back(steps::kernel_module(std::string(module)));
  }
  for (const std::string& key : sysctls(wants)) {
    plan.push_back(steps::sysctl(key, "1"));
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
