// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/detect.hpp>

#include <array>

#include <kubeferry/base/text.hpp>

#include "containerd_files.hpp"

namespace kubeferry::runtime {

namespace {

// A preflight check by its name.
constexpr const char* k_finding = "finding";
constexpr const char* k_no_runtime = "ContainerRuntime";

/// As systemd looks for units, the first that has one counting.
constexpr std::array<std::string_view, 5> k_unit_directories = {"/etc/systemd/system", "/run/systemd/system",
                                                                "/usr/local/lib/systemd/system",
                                                                "/usr/lib/systemd/system", "/lib/systemd/system"};

bool succeeds(const host::Host& host, std::vector<std::string> argv) {
  const auto output = host.run({.argv = std::move(argv)});
  return output && output->exit_status == 0;
}

Origin origin_of(const host::Host& host, const std::string& path, const steps::Journal* journal) {
  if (journal != nullptr && journal->find("file", path) != nullptr) {
    return Origin::ours;
  }
  if (const auto dpkg = host.program("dpkg-query"); dpkg && succeeds(host, {*dpkg, "--search", path})) {
    return Origin::distribution;
  }
  if (const auto rpm = host.program("rpm"); rpm && succeeds(host, {*rpm, "-qf", path})) {
    return Origin::distribution;
  }
  return Origin::other;
}

std::string without_scheme(std::string_view endpoint) {
  constexpr std::string_view k_scheme = "unix://";
  return std::string(endpoint.starts_with(k_scheme) ? endpoint.substr(k_scheme.size()) : endpoint);
}

}  // namespace

std::string_view to_string(Origin origin) noexcept {
  switch (origin) {
    case Origin::distribution: return "distribution";
    case Origin::ours: return "ours";
    case Origin::other: return "other";
  }
  return "other";
}

std::string_view to_string(Kind kind) noexcept { return kind == Kind::containerd ? "containerd" : "CRI-O"; }

std::optional<std::string> unit_path(const host::Host& host, std::string_view name) {
  for (const auto directory : k_unit_directories) {
    std::string path = fmt::format("{}/{}", directory, name);
    if (host.exists(path)) {
      return path;
    }
  }
  return std::nullopt;
}

std::optional<Unit> find_unit(const host::Host& host, std::string_view name, const steps::Journal* journal) {
  auto path = unit_path(host, name);
  if (!path) {
    return std::nullopt;
  }
  const Origin origin = origin_of(host, *path, journal);
  const auto systemctl = host.program("systemctl");
  const auto is = [&](std::string question) {
    return systemctl && succeeds(host, {*systemctl, std::move(question), "--quiet", std::string(name)});
  };
  return Unit{std::string(name), std::move(*path), origin, is("is-enabled"), is("is-active")};
}

std::optional<Program> find_program(const host::Host& host, std::string_view name, const steps::Journal* journal,
                                    const std::vector<std::string>& arguments) {
  auto path = host.program(name);
  if (!path) {
    return std::nullopt;
  }
  Program program{.path = *path, .origin = origin_of(host, *path, journal)};
  std::vector<std::string> argv = {*path};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  if (const auto output = host.output_of(std::move(argv))) {
    program.version = find_version(*output);
    program.version_line = printable(split(trim(*output), '\n').front());
  }
  return program;
}

Result<Detected> detect(const host::Host& host, const steps::Journal* journal) {
  Detected found;
  if (auto program = find_program(host, "containerd", journal)) {
    Containerd containerd{.program = std::move(*program), .unit = find_unit(host, "containerd.service", journal)};
    containerd.configuration_path = configuration_path(host);
    KF_TRY_ASSIGN(containerd.configuration, configuration_files(host, containerd.configuration_path));
    KF_TRY_ASSIGN(containerd.socket, socket_of(containerd.configuration));
    found.containerd = std::move(containerd);
  } else {
    KF_TRY_ASSIGN(found.containerd_configuration, configuration_files(host, std::string(k_containerd_configuration)));
  }
  if (auto program = find_program(host, "crio", journal)) {
    found.crio = Crio{std::move(*program), find_unit(host, "crio.service", journal), std::string(k_crio_socket)};
  }
  found.runc = find_program(host, "runc", journal);
  found.crictl = find_program(host, "crictl", journal);
  found.ctr = find_program(host, "ctr", journal);
  return found;
}

bool is_about_no_runtime(const Error& error) {
  return std::ranges::find(error.detail, std::pair<std::string, std::string>(k_finding, k_no_runtime)) !=
         error.detail.end();
}

Result<Choice> choose(const Detected& detected, std::string_view cri_socket, const std::optional<Version>& bundled) {
  const std::string wanted = without_scheme(cri_socket);
  const std::string containerd_socket =
      detected.containerd ? detected.containerd->socket : std::string(k_containerd_socket);
  const bool says_containerd = wanted == containerd_socket;
  const bool says_crio = detected.crio && (wanted == detected.crio->socket || wanted == "/var/run/crio/crio.sock");
  if (!wanted.empty() && !says_containerd && !says_crio) {
    return Failure(fail(ExitCode::usage, "--cri-socket: {} is no socket of a runtime known here", printable(cri_socket))
                       .value()
                       .with_hint(fmt::format("this host has unix://{}{}", containerd_socket,
                                              detected.crio ? " and unix://" + detected.crio->socket : "")));
  }
  if (wanted.empty() && detected.crio && detected.containerd) {
    return Failure(fail(ExitCode::usage, "this host has both containerd and CRI-O")
                       .value()
                       .with_hint(fmt::format("say which: --cri-socket unix://{} or --cri-socket unix://{}",
                                              containerd_socket, detected.crio->socket)));
  }
  if (detected.crio && !says_containerd) {
    return Choice{Kind::crio, detected.crio->program.version.value_or(Version{}), true, detected.crio->socket};
  }
  const auto version = detected.containerd ? detected.containerd->program.version : bundled;
  if (!version && detected.containerd) {
    return fail(ExitCode::unsupported_host, "{} does not say its version", detected.containerd->program.path);
  }
  if (!version) {
    return Failure(Error{ExitCode::unsupported_host,
                         "no container runtime: neither on this host nor in the bundle",
                         "build the bundle with containerd, or install one",
                         {{k_finding, k_no_runtime}}});
  }
  constexpr Version k_oldest{1, 6, 0};
  if (*version < k_oldest) {
    return fail(ExitCode::unsupported_host, "containerd {} is older than {}", version->to_string(),
                k_oldest.to_string());
  }
  return Choice{Kind::containerd, *version, detected.containerd.has_value(), containerd_socket};
}

}  // namespace kubeferry::runtime
