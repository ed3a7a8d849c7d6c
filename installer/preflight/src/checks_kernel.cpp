// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>

#include "checks.hpp"

namespace kubeferry::preflight {

namespace {

/// What kubeadm asks of the kernel's configuration; a second name for the same thing behind "|".
constexpr std::array<std::string_view, 14> k_options = {"NAMESPACES",
                                                        "NET_NS",
                                                        "PID_NS",
                                                        "IPC_NS",
                                                        "UTS_NS",
                                                        "CPUSETS",
                                                        "MEMCG",
                                                        "INET",
                                                        "EXT4_FS",
                                                        "PROC_FS",
                                                        "CGROUPS",
                                                        "CGROUP_SCHED",
                                                        "NETFILTER_XT_TARGET_REDIRECT|IP_NF_TARGET_REDIRECT",
                                                        "NETFILTER_XT_MATCH_COMMENT"};

bool is_set(const std::map<std::string, char>& configuration, std::string_view names) {
  const auto alternatives = split(names, '|');
  return std::any_of(alternatives.begin(), alternatives.end(), [&](std::string_view name) {
    const auto option = configuration.find(fmt::format("CONFIG_{}", name));
    return option != configuration.end() && option->second != 'n';
  });
}

constexpr std::array<std::string_view, 7> k_controllers_1 = {"cpu",     "cpuacct", "cpuset", "devices",
                                                             "freezer", "memory",  "pids"};
constexpr std::array<std::string_view, 6> k_controllers_2 = {"cpu", "cpuset", "devices", "freezer", "memory", "pids"};

template <class List>
std::vector<std::string_view> missing(const List& wanted, const std::set<std::string>& there) {
  std::vector<std::string_view> absent;
  std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(absent),
               [&](std::string_view name) { return !there.contains(std::string(name)); });
  return absent;
}

template <class List>
std::vector<std::string_view> in_state(const Facts& facts, const List& names, Module state) {
  std::vector<std::string_view> found;
  std::ranges::copy_if(names, std::back_inserter(found), [&](std::string_view name) {
    const auto known = facts.kernel.modules.find(std::string(name));
    return known != facts.kernel.modules.end() && known->second == state;
  });
  return found;
}

std::string how_to_get_modules(const Facts& facts) {
  return fmt::format(
      "install the modules of the kernel that runs (linux-modules-extra-{}, kernel-modules), or reboot "
      "into the kernel that was installed last",
      facts.kernel.release);
}

constexpr unsigned k_first_without_cgroup_1 = 35;

std::optional<std::uint64_t> number(const Facts& facts, const std::string& key) {
  const auto value = facts.kernel.sysctls.find(key);
  std::uint64_t parsed = 0;
  if (value == facts.kernel.sysctls.end() ||
      std::from_chars(value->second.data(), value->second.data() + value->second.size(), parsed).ec != std::errc{}) {
    return std::nullopt;
  }
  return parsed;
}

bool has_family(const Question& question, host::Family family) {
  const auto is = [&](const host::Cidr& network) { return network.family() == family; };
  return std::any_of(question.pods.begin(), question.pods.end(), is) ||
         std::any_of(question.services.begin(), question.services.end(), is) ||
         (question.advertise && question.advertise->family() == family);
}

}  // namespace

void check_kernel_version(const Facts& facts, const Question& question, Out& out) {
  const auto version = parse_version(facts.kernel.release);
  const unsigned minor = question.minor().value_or(0);
  if (!version) {
    return;
  }
  // kubeadm's own limits: 3.10; from 1.32 on 4.19; from 1.34 on 5.4, and only as a warning.
  const Version least = minor >= 34 ? Version{5, 4, 0} : minor >= 32 ? Version{4, 19, 0} : Version{3, 10, 0};
  if (*version >= least) {
    return;
  }
  auto what =
      fmt::format("the kernel is {}; kubeadm wants {}.{} or later", facts.kernel.release, least.major, least.minor);
  std::string why = "what older kernels lack is missed by the container runtime or the network, sooner or later";
  std::string fix = "install a later kernel of the distribution";
  if (minor >= 34) {
    warning(out, "KernelVersion", std::move(what), std::move(why), std::move(fix));
  } else {
    error(out, "KernelVersion", std::move(what), std::move(why), std::move(fix));
  }
}

void check_kernel_configuration(const Facts& facts, const Question&, Out& out) {
  const Kernel& kernel = facts.kernel;
  if (!kernel.has_configuration) {
    error(out, "KernelConfig", "the kernel's configuration is nowhere to be read",
          "kubeadm refuses to go on without it",
          fmt::format("put it where it is looked for: /boot/config-{}", kernel.release));
    return;
  }
  if (kernel.configuration.empty()) {
    return;
  }
  std::vector<std::string> absent;
  for (const auto option : k_options) {
    if (!is_set(kernel.configuration, option)) {
      absent.push_back(fmt::format("CONFIG_{}", option.substr(0, option.find('|'))));
    }
  }
  if (!absent.empty()) {
    error(out, "KernelConfig", fmt::format("the kernel was built without {}", fmt::join(absent, ", ")),
          "kubeadm refuses such a kernel", "use a kernel of the distribution");
  }
}

void check_kernel_modules(const Facts& facts, const Question& question, Out& out) {
  const auto absent = in_state(facts, k_modules, Module::missing);
  const bool to_load = !in_state(facts, k_modules, Module::on_disk).empty();
  if (!absent.empty()) {
    error(out, "KernelModules",
          fmt::format("the kernel {} has no module {}", facts.kernel.release, fmt::join(absent, ", ")),
          "containers need overlay; the traffic of pods and services needs br_netfilter and nf_conntrack",
          how_to_get_modules(facts));
  } else if (to_load && !facts.software.programs.contains("modprobe")) {
    error(out, "KernelModules", "modprobe is missing", "kernel modules must be loaded",
          install_command(facts, question, "modprobe"));
  }
}

void check_network_modules(const Facts& facts, const Question& question, Out& out) {
  if (!question.network) {
    return;
  }
  const NetworkNeeds& network = *question.network;
  const auto elsewhere = in_state(facts, k_modules, Module::missing);
  auto absent = in_state(facts, network.modules, Module::missing);
  std::erase_if(absent, [&](std::string_view name) { return std::ranges::find(elsewhere, name) != elsewhere.end(); });
  if (absent.empty()) {
    return;
  }
  auto what = fmt::format("the kernel {} has no module {}", facts.kernel.release, fmt::join(absent, ", "));
  if (network.own_manifest) {
    warning(out, "NetworkModules", std::move(what),
            fmt::format("{} needs it, unless its manifest, which is your own, says otherwise", network.name),
            how_to_get_modules(facts));
  } else {
    error(out, "NetworkModules", std::move(what),
          fmt::format("the pod network {} needs it: without, nodes do not become Ready, or their Pods do not reach "
                      "each other",
                      network.name),
          how_to_get_modules(facts));
  }
}

void check_sysctls(const Facts& facts, const Question&, Out& out) {
  if (!facts.kernel.sysctls_writable) {
    error(out, "Sysctls", "/proc/sys cannot be written to", "net.ipv4.ip_forward and others must be set",
          facts.root ? "run it on the host itself, not in a container" : "run it again with sudo");
  }
}

void check_forwarding(const Facts& facts, const Question& question, Out& out) {
  const auto off = [&](const std::string& key) {
    const auto value = number(facts, key);
    return value && *value == 0;
  };
  const std::string four = "net.ipv4.ip_forward";
  const std::string six = "net.ipv6.conf.default.forwarding";
  if (off(four)) {
    info(out, "IpForward", four + " is 0", "it will be set to 1, and put back by reset");
  }
  if (has_family(question, host::Family::ipv6) && off(six)) {
    info(out, "IpForward", six + " is 0", "it will be set to 1, and put back by reset");
  }
}

void check_inotify(const Facts& facts, const Question&, Out& out) {
  const auto low = [&](const std::string& key, std::uint64_t least) {
    const auto value = number(facts, key);
    if (value && *value < least) {
      warning(out, "Inotify", fmt::format("{} is {}", key, *value),
              "the kubelet and programs in pods run into \"too many open files\"",
              fmt::format("echo '{} = {}' >/etc/sysctl.d/90-inotify.conf && sysctl --system", key, least * 8));
    }
  };
  low("fs.inotify.max_user_instances", 128);
  low("fs.inotify.max_user_watches", 8192);
}

void check_cgroup_version(const Facts& facts, const Question& question, Out& out) {
  const std::string fix =
      "boot with systemd.unified_cgroup_hierarchy=1 (in GRUB_CMDLINE_LINUX), or a later distribution";
  if (facts.cgroups.version == 0) {
    error(out, "CgroupVersion", "no cgroups are mounted", "containers cannot be run without", fix);
  } else if (facts.cgroups.version == 1 && question.minor().value_or(0) >= k_first_without_cgroup_1) {
    if (question.fail_cgroup_v1) {
      error(out, "CgroupVersion", "the host has cgroup v1",
            fmt::format("a kubelet of 1.{} and later does not start on it, unless its configuration has "
                        "failCgroupV1: false",
                        k_first_without_cgroup_1),
            fix);
    }
  } else if (facts.cgroups.version == 1) {
    warning(out, "CgroupVersion", "the host has cgroup v1",
            fmt::format("Kubernetes 1.{} and later does not start on it", k_first_without_cgroup_1), fix);
  }
}

void check_cgroup_controllers(const Facts& facts, const Question&, Out& out) {
  const auto& there = facts.cgroups.controllers;
  const auto absent = facts.cgroups.version == 2   ? missing(k_controllers_2, there)
                      : facts.cgroups.version == 1 ? missing(k_controllers_1, there)
                                                   : std::vector<std::string_view>();
  if (!absent.empty()) {
    const bool memory = std::find(absent.begin(), absent.end(), "memory") != absent.end();
    error(out, "Cgroups", fmt::format("cgroups lack the controllers {}", fmt::join(absent, ", ")),
          "the kubelet does not start",
          memory ? "add cgroup_enable=memory to the kernel's command line (on a Raspberry Pi: "
                   "/boot/firmware/cmdline.txt), and reboot"
                 : "use a kernel of the distribution, and no cgroup_disable= on its command line");
  }
}

}  // namespace kubeferry::preflight
