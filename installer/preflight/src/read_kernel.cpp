// SPDX-License-Identifier: Apache-2.0
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/platforms/platform.hpp>

#include "readers.hpp"

namespace kubeferry::preflight {

namespace {

// modules.dep of a distribution's kernel is about 1 MiB.
constexpr std::uint64_t k_largest_list = std::uint64_t{16} << 20;

std::string list(const host::Host& host, const std::string& path) {
  auto text = read_file(host.at(path), k_largest_list);
  return text ? std::move(*text) : std::string();
}

/// Whether a line of modules.dep or modules.builtin is about a module: "kernel/net/bridge/br_netfilter.ko.xz: …".
bool names_module(std::string_view text, std::string_view module) {
  for (const auto line : split(text, '\n')) {
    const auto path = line.substr(0, line.find(':'));
    const auto file = path.substr(path.rfind('/') + 1);
    const auto name = file.substr(0, file.find(".ko"));
    if (std::equal(name.begin(), name.end(), module.begin(), module.end(),
                   [](char a, char b) { return a == b || (a == '-' && b == '_'); })) {
      return true;
    }
  }
  return false;
}

/// A kernel without a directory of modules says nothing of what is built in; what the modules provide does.
bool shows_effect(const host::Host& host, std::string_view module) {
  if (module == "overlay") {
    const auto types = lines_of_words(host, "/proc/filesystems");
    return std::any_of(types.begin(), types.end(), [](const auto& line) { return line.back() == "overlay"; });
  }
  if (module == "br_netfilter") {
    return host.exists("/proc/sys/net/bridge/bridge-nf-call-iptables");
  }
  return module == "nf_conntrack" && host.exists("/proc/sys/net/netfilter/nf_conntrack_max");
}

/// What switches a module on where a kernel is configured. A test holds it against k_modules and k_network_modules.
std::string option_of(std::string_view module) {
  static const std::map<std::string_view, std::string> k_options = {{"br_netfilter", "CONFIG_BRIDGE_NETFILTER"},
                                                                    {"geneve", "CONFIG_GENEVE"},
                                                                    {"ip_set", "CONFIG_IP_SET"},
                                                                    {"ipip", "CONFIG_NET_IPIP"},
                                                                    {"nf_conntrack", "CONFIG_NF_CONNTRACK"},
                                                                    {"openvswitch", "CONFIG_OPENVSWITCH"},
                                                                    {"overlay", "CONFIG_OVERLAY_FS"},
                                                                    {"vxlan", "CONFIG_VXLAN"},
                                                                    {"xt_set", "CONFIG_NETFILTER_XT_SET"}};
  return k_options.at(module);
}

std::map<std::string, Module> read_modules(const host::Host& host, const Kernel& kernel) {
  const std::string directory = "/lib/modules/" + kernel.release;
  const std::string built_in = list(host, directory + "/modules.builtin");
  const std::string on_disk = list(host, directory + "/modules.dep");
  const auto state_of = [&](std::string_view name) {
    const auto option = kernel.configuration.find(option_of(name));
    if ((option != kernel.configuration.end() && option->second == 'y') || names_module(built_in, name)) {
      return Module::built_in;
    }
    if (host.exists(fmt::format("/sys/module/{}", name)) || shows_effect(host, name)) {
      return Module::loaded;
    }
    return names_module(on_disk, name) ? Module::on_disk : Module::missing;
  };
  std::map<std::string, Module> modules;
  const auto read = [&](std::string_view name) { modules.emplace(name, state_of(name)); };
  std::ranges::for_each(k_modules, read);
  std::ranges::for_each(k_network_modules, read);
  return modules;
}

/// The first of the files in which kubeadm looks for the configuration; empty when there is none.
std::string configuration_file(const host::Host& host, const std::string& release) {
  for (const std::string& path :
       {std::string("/proc/config.gz"), "/boot/config-" + release, "/usr/src/linux-" + release + "/.config",
        std::string("/usr/src/linux/.config"), "/usr/lib/modules/" + release + "/config",
        "/usr/lib/ostree-boot/config-" + release, "/usr/lib/kernel/config-" + release,
        "/usr/src/linux-headers-" + release + "/.config", "/lib/modules/" + release + "/build/.config"}) {
    if (host.exists(path)) {
      return path;
    }
  }
  return {};
}

std::map<std::string, char> read_configuration(const host::Host& host, const std::string& path) {
  const auto gzip = host.program("gzip");
  const bool packed = path.ends_with(".gz");
  const std::string text = !packed ? list(host, path)
                           : gzip  ? output(host, {*gzip, "-dc", host.at(path)})
                                   : std::string();
  std::map<std::string, char> options;
  for (const auto line : split(text, '\n')) {
    const auto sign = line.find('=');
    if (line.starts_with("CONFIG_") && sign + 1 < line.size()) {
      options[std::string(line.substr(0, sign))] = line[sign + 1];
    }
  }
  return options;
}

std::map<std::string, std::string> read_sysctls(const host::Host& host) {
  std::map<std::string, std::string> values;
  for (const auto key : k_sysctls) {
    std::string path = "/proc/sys/" + std::string(key);
    std::replace(path.begin() + 10, path.end(), '.', '/');
    if (auto value = host.line(path)) {
      values[std::string(key)] = std::move(*value);
    }
  }
  return values;
}

}  // namespace

Kernel read_kernel(const host::Host& host) {
  Kernel kernel;
  kernel.release = host.line("/proc/sys/kernel/osrelease").value_or("");
  utsname names{};
  ::uname(&names);
  kernel.machine = static_cast<const char*>(names.machine);
  if (const auto platform = platforms::host()) {
    kernel.platform = (*platform)->name;
  }
  if (const std::string path = configuration_file(host, kernel.release); !path.empty()) {
    kernel.has_configuration = true;
    kernel.configuration = read_configuration(host, path);
  }
  kernel.modules = read_modules(host, kernel);
  kernel.sysctls = read_sysctls(host);
  kernel.sysctls_writable = ::access(host.at("/proc/sys/net/ipv4/ip_forward").c_str(), W_OK) == 0;
  return kernel;
}

Cgroups read_cgroups(const host::Host& host, const std::vector<Mount>& mounts) {
  Cgroups cgroups;
  const bool unified = std::any_of(mounts.begin(), mounts.end(), [](const Mount& mount) {
    return mount.point == "/sys/fs/cgroup" && mount.type == "cgroup2";
  });
  if (unified) {
    cgroups.version = 2;
    const auto words_there = words(host.line("/sys/fs/cgroup/cgroup.controllers").value_or(""));
    cgroups.controllers.insert(words_there.begin(), words_there.end());
    // Part of every kernel that has version 2, and not listed there.
    cgroups.controllers.insert({"devices", "freezer"});
  } else if (std::any_of(mounts.begin(), mounts.end(), [](const Mount& mount) { return mount.type == "cgroup"; })) {
    cgroups.version = 1;
    for (const auto& line : lines_of_words(host, "/proc/cgroups")) {
      if (line.size() >= 4 && !line[0].starts_with('#') && line[3] != "0") {
        cgroups.controllers.insert(line[0]);
      }
    }
  }
  return cgroups;
}

}  // namespace kubeferry::preflight
