// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include <kubeferry/base/text.hpp>

#include "checks.hpp"

namespace kubeferry::preflight {

namespace {

void add(Out& out, Severity severity, std::string name, std::string what, std::string why, std::string fix) {
  out.push_back({.name = std::move(name),
                 .severity = severity,
                 .what = std::move(what),
                 .why = std::move(why),
                 .fix = std::move(fix)});
}

/// Where a program's package is called otherwise than the program.
struct Package {
  std::string_view program;
  std::string_view debian;
  std::string_view red_hat;
  std::string_view suse;
};
constexpr Package k_packages[] = {
    {"ip", "iproute2", "iproute", "iproute2"},
    {"tc", "iproute2", "iproute-tc", "iproute2"},
    {"nsenter", "util-linux", "util-linux", "util-linux"},
    {"mount", "mount", "util-linux", "util-linux"},
    {"conntrack", "conntrack", "conntrack-tools", "conntrack-tools"},
    {"crictl", "cri-tools", "cri-tools", "cri-tools"},
    {"ebtables", "ebtables", "iptables-nft", "ebtables"},
    {"touch", "coreutils", "coreutils", "coreutils"},
    {"modprobe", "kmod", "kmod", "kmod"},
    {"apparmor_parser", "apparmor", "apparmor-parser", "apparmor-parser"},
};

enum class Distribution { debian, red_hat, suse, other };

Distribution distribution(const Identity& identity) {
  const std::string names = " " + identity.os_id + " " + identity.os_like + " ";
  const auto is = [&](std::string_view name) { return names.find(fmt::format(" {} ", name)) != std::string::npos; };
  if (is("debian") || is("ubuntu")) {
    return Distribution::debian;
  }
  if (is("rhel") || is("fedora") || is("centos")) {
    return Distribution::red_hat;
  }
  return is("suse") || is("opensuse") || is("sles") ? Distribution::suse : Distribution::other;
}

constexpr std::string_view k_packages_install = "kubeferry packages install ";
constexpr std::string_view k_with_the_same_command = "the same command with --install-packages";

/// Whether the bundle was made to install that package on hosts like this one.
bool carries(const Facts& facts, const Question& question, std::string_view package) {
  if (!question.bundle) {
    return false;
  }
  const auto* repository = bundle::find_repository(question.bundle->packages, facts.identity.os_id,
                                                   facts.identity.os_version, facts.kernel.platform);
  return repository != nullptr && std::ranges::find(repository->install, package) != repository->install.end();
}

}  // namespace

std::string_view to_string(Severity severity) noexcept {
  switch (severity) {
    case Severity::error: return "error";
    case Severity::warning: return "warning";
    case Severity::info: break;
  }
  return "info";
}

void error(Out& out, std::string name, std::string what, std::string why, std::string fix) {
  add(out, Severity::error, std::move(name), std::move(what), std::move(why), std::move(fix));
}

void warning(Out& out, std::string name, std::string what, std::string why, std::string fix) {
  add(out, Severity::warning, std::move(name), std::move(what), std::move(why), std::move(fix));
}

void info(Out& out, std::string name, std::string what, std::string why) {
  add(out, Severity::info, std::move(name), std::move(what), std::move(why), {});
}

std::optional<Version> parse_version(std::string_view text) {
  Version version;
  const char* at = text.data() + (text.starts_with('v') ? 1 : 0);
  const char* const end = text.data() + text.size();
  for (unsigned* const part : {&version.major, &version.minor, &version.patch}) {
    const auto [stop, error] = std::from_chars(at, end, *part);
    if (error != std::errc{}) {
      return part == &version.major ? std::nullopt : std::optional(version);
    }
    if (stop == end || *stop != '.') {
      break;
    }
    at = stop + 1;
  }
  return version;
}

bool is_helped_by_packages(const Finding& finding) {
  return finding.fix.starts_with(k_packages_install) || finding.fix == k_with_the_same_command;
}

std::string install_command(const Facts& facts, const Question& question, std::string_view program) {
  Package package{program, program, program, program};
  for (const auto& known : k_packages) {
    package = known.program == program ? known : package;
  }
  std::string_view name;
  std::string_view manager;
  switch (distribution(facts.identity)) {
    case Distribution::debian: name = package.debian, manager = "apt-get"; break;
    case Distribution::red_hat: name = package.red_hat, manager = "dnf"; break;
    case Distribution::suse: name = package.suse, manager = "zypper"; break;
    case Distribution::other: break;
  }
  if (carries(facts, question, name)) {
    if (question.bundle->named.empty()) {
      return std::string(k_with_the_same_command);
    }
    return fmt::format("{}{} --trust {}", k_packages_install, question.bundle->named,
                       question.trust.empty() ? "KEY" : question.trust);
  }
  return manager.empty() ? fmt::format("install the package that has {}", program)
                         : fmt::format("{} install {}", manager, name);
}

}  // namespace kubeferry::preflight
