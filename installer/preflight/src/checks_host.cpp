// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <kubeferry/base/text.hpp>
#include <kubeferry/bundle/policy.hpp>

#include "checks.hpp"

namespace kubeferry::preflight {

namespace {

// What kubeadm asks of a control plane.
constexpr std::uint64_t k_least_processors = 2;
constexpr std::uint64_t k_least_mebibytes = 1700;
constexpr std::uint64_t k_mebibyte = std::uint64_t{1} << 20;

constexpr std::chrono::hours k_long_ago{24 * 365 * 3};

constexpr std::size_t k_longest_label = 63;
constexpr std::size_t k_longest_name = 253;

/// RFC 1123's subdomain, as Kubernetes takes it for names of nodes.
bool is_subdomain(std::string_view name) {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > k_longest_name) {
    return false;
  }
  const auto labels = split(name, '.');
  return std::all_of(labels.begin(), labels.end(), [&](std::string_view label) {
    return !label.empty() && label.size() <= k_longest_label && is_word(label.front()) && is_word(label.back()) &&
           std::all_of(label.begin(), label.end(), [&](char c) { return is_word(c) || c == '-'; });
  });
}

/// What boards without a number of their own say.
constexpr std::array<std::string_view, 3> k_common_uuids = {"03000200-0400-0500-0006-000700080009",
                                                            "00020003-0004-0005-0006-000700080009", "not settable"};

bool is_no_uuid(std::string_view uuid) {
  const std::string text = lower(uuid);
  const auto only = [&](char wanted) {
    return std::all_of(text.begin(), text.end(), [&](char c) { return c == wanted || c == '-'; });
  };
  return only('0') || only('f') ||
         std::find(k_common_uuids.begin(), k_common_uuids.end(), text) != k_common_uuids.end();
}

}  // namespace

void check_privileged(const Facts& facts, const Question&, Out& out) {
  if (!facts.root) {
    error(out, "IsPrivilegedUser", "not run as root", "installing changes the system, and some checks cannot look",
          "run it again with sudo");
  }
}

void check_init_system(const Facts& facts, const Question&, Out& out) {
  if (!facts.software.systemd || !facts.software.programs.contains("systemctl")) {
    error(out, "InitSystem", "the host was not started by systemd",
          "the kubelet, containerd and the registry are run as units of systemd", "use a host that systemd starts");
  }
}

void check_architecture(const Facts& facts, const Question& question, Out& out) {
  if (!question.bundle) {
    return;
  }
  const auto& platforms = question.bundle->platforms;
  if (std::find(platforms.begin(), platforms.end(), facts.kernel.platform) == platforms.end()) {
    error(out, "Architecture",
          fmt::format("this host is {}, the bundle is for {}",
                      facts.kernel.platform.empty() ? facts.kernel.machine : facts.kernel.platform,
                      fmt::join(platforms, ", ")),
          "there is nothing in the bundle that could run here",
          facts.kernel.platform.empty()
              ? std::string("use a machine of another kind")
              : fmt::format("build the bundle with {} among its platforms", facts.kernel.platform));
  }
}

void check_processors(const Facts& facts, const Question& question, Out& out) {
  if (question.control_plane() && facts.processors < k_least_processors) {
    error(out, "NumCPU", fmt::format("{} processor, a control plane needs {}", facts.processors, k_least_processors),
          "the API server and etcd time out under load", "give the machine a second processor");
  }
}

void check_memory(const Facts& facts, const Question& question, Out& out) {
  if (question.control_plane() && facts.memory / k_mebibyte < k_least_mebibytes) {
    error(out, "Mem",
          fmt::format("{} MiB of memory, a control plane needs {}", facts.memory / k_mebibyte, k_least_mebibytes),
          "the control plane's processes are killed when memory runs out", "give the machine more memory");
  }
}

void check_swap(const Facts& facts, const Question& question, Out& out) {
  if (facts.swaps.empty() || !question.fail_swap_on) {
    return;
  }
  error(out, "Swap", fmt::format("swap is on: {}", fmt::join(facts.swaps, ", ")),
        "the kubelet does not start, unless its configuration has failSwapOn: false",
        "swapoff -a && sed -i '/\\sswap\\s/s/^/#/' /etc/fstab    # also disable zram-generator and *.swap units");
}

void check_clock(const Facts& facts, const Question& question, Out& out) {
  if (!question.bundle) {
    return;
  }
  const TimePoint created = question.bundle->created;
  if (facts.now + bundle::k_clock_tolerance < created) {
    error(out, "Clock",
          fmt::format("the clock says {}, and the bundle was made at {}", to_rfc3339(facts.now), to_rfc3339(created)),
          "certificates made now would not be valid for others, and those of others not here",
          "set the clock: date -u -s 'YYYY-MM-DD hh:mm:ss' && hwclock --systohc");
  } else if (facts.now > created + k_long_ago) {
    warning(out, "Clock",
            fmt::format("the clock says {}, years after the bundle was made ({})", to_rfc3339(facts.now),
                        to_rfc3339(created)),
            "a clock that is ahead makes certificates that others take for not yet valid; or the bundle is old",
            "look at the clock: date -u");
  }
}

void check_clock_synchronised(const Facts& facts, const Question&, Out& out) {
  if (facts.clock_synchronised == false) {
    warning(out, "ClockSync", "the clock is not synchronised",
            "etcd, leases and certificates of several nodes need clocks that agree",
            "run chrony or systemd-timesyncd against a time server of the site; chronyc tracking shows it");
  }
}

void check_hostname(const Facts& facts, const Question& question, Out& out) {
  const bool own = question.node_name.empty();
  // kubeadm takes the host's name in lower case.
  const std::string name = own ? lower(facts.identity.hostname) : question.node_name;
  const std::string fix = own ? "hostnamectl set-hostname NAME" : "give another name to --node-name";
  if (!is_subdomain(name)) {
    error(out, "Hostname", fmt::format("\"{}\" cannot be the name of a node", name),
          "names of nodes are lower-case letters, digits, \"-\" and \".\", as in node-1.example", fix);
    return;
  }
  if (name == "localhost" || name.starts_with("localhost.")) {
    error(out, "Hostname", fmt::format("the node would be called {}", name), "every node needs a name of its own", fix);
    return;
  }
  if (own && !facts.identity.resolves) {
    warning(out, "Hostname", fmt::format("the host's name, {}, does not resolve", name),
            "logs and exec, and the kubelet's search for its own address, may need it",
            fmt::format("echo 'ADDRESS-OF-THIS-HOST {}' >>/etc/hosts", name));
  }
}

void check_machine_id(const Facts& facts, const Question&, Out& out) {
  const auto& id = facts.identity.machine_id;
  const bool fine = id && id->size() == 32 && from_hex(*id) && id->find_first_not_of('0') != std::string::npos;
  if (!fine) {
    warning(out, "MachineID",
            !id || id->empty() ? std::string("/etc/machine-id is missing or empty")
                               : fmt::format("/etc/machine-id is \"{}\", not 32 hexadecimal digits", *id),
            "addresses by DHCP and some networks tell nodes apart by it",
            "rm -f /etc/machine-id && systemd-machine-id-setup");
  }
}

void check_product_uuid(const Facts& facts, const Question&, Out& out) {
  const auto& uuid = facts.identity.product_uuid;
  if (uuid && is_no_uuid(*uuid)) {
    warning(out, "ProductUUID", fmt::format("the machine's product_uuid is \"{}\", which many machines have", *uuid),
            "Kubernetes wants it to differ between nodes",
            "give the virtual machine a UUID, or set it in the firmware");
  }
}

}  // namespace kubeferry::preflight
