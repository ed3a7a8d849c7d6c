// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "checks.hpp"
#include "ports.hpp"

namespace kubeferry::preflight {

namespace {

/// Versions of containerd that start apparmor_parser without looking whether it is there.
constexpr Version k_apparmor_fails_from = {1, 5, 0};
constexpr Version k_apparmor_fails_until = {1, 6, 18};

/// The containerd that will run: the bundle's, else the host's.
std::optional<Version> containerd_version(const Facts& facts, const Question& question) {
  const bool bundled = question.bundle && !question.bundle->containerd.empty();
  return parse_version(bundled ? question.bundle->containerd : facts.software.containerd);
}

}  // namespace

void check_selinux(const Facts& facts, const Question&, Out& out) {
  if (facts.security.selinux_enforcing && !facts.security.container_policy) {
    warning(out, "SELinux", "SELinux is enforcing, and container-selinux is not installed",
            "containers run without labels of their own, or are denied what they need",
            "dnf install container-selinux");
  }
}

void check_apparmor(const Facts& facts, const Question& question, Out& out) {
  if (!facts.security.apparmor || facts.software.programs.contains("apparmor_parser")) {
    return;
  }
  const auto version = containerd_version(facts, question);
  const std::string what = "AppArmor is enabled, and apparmor_parser is missing";
  if (version && *version >= k_apparmor_fails_from && *version < k_apparmor_fails_until) {
    error(out, "AppArmor", what, "this containerd cannot start containers then",
          install_command(facts, question, "apparmor_parser"));
  } else {
    warning(out, "AppArmor", what, "containers run without AppArmor, and pods that ask for a profile do not start",
            install_command(facts, question, "apparmor_parser"));
  }
}

void check_fapolicyd(const Facts& facts, const Question&, Out& out) {
  if (facts.security.fapolicyd) {
    warning(
        out, "Fapolicyd", "fapolicyd is active", "it forbids to run programs that it was not told to trust",
        "once the files are there: for d in /usr/local/bin/ /usr/local/sbin/ /opt/cni/bin/ /var/lib/containerd/; do "
        "fapolicyd-cli --file add $d --trust-file kubeferry; done; fapolicyd-cli --update");
  }
}

void check_firewalld(const Facts& facts, const Question& question, Out& out) {
  if (!facts.security.firewalld) {
    return;
  }
  const auto ports = reached_ports(question);
  warning(out, "Firewalld",
          fmt::format("firewalld is active; nodes must reach each other on {}", fmt::join(ports, ", ")),
          "it is left as it is: what it blocks stays blocked",
          fmt::format("firewall-cmd --permanent --add-port={} && firewall-cmd --permanent --zone=trusted "
                      "--add-source={} && firewall-cmd --reload",
                      fmt::join(ports, " --add-port="),
                      question.pods.empty() ? "NETWORK-OF-PODS" : question.pods.front().to_string()));
}

void check_ufw(const Facts& facts, const Question& question, Out& out) {
  if (!facts.security.ufw) {
    return;
  }
  const auto ports = reached_ports(question);
  std::vector<std::string> commands;
  for (const auto& port : ports) {
    std::string rule = "ufw allow " + port;
    std::replace(rule.begin(), rule.end(), '-', ':');
    commands.push_back(std::move(rule));
  }
  warning(out, "Ufw", fmt::format("ufw is active; nodes must reach each other on {}", fmt::join(ports, ", ")),
          "it is left as it is: what it blocks stays blocked, and it does not forward for pods",
          fmt::format("{} && ufw default allow routed", fmt::join(commands, " && ")));
}

}  // namespace kubeferry::preflight
