// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/kubeadm/program.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>

#include "invoke.hpp"

namespace kubeferry::kubeadm {
namespace {

constexpr std::uint32_t k_validate_minor = 28;

bool is_reference(std::string_view line) {
  return !line.empty() && line.find('/') != std::string_view::npos &&
         line.find_first_of(" \t\"'") == std::string_view::npos && line == printable(line);
}

}  // namespace

Result<Program> find_program(const host::Host& host, std::string path) {
  KF_TRY_ASSIGN(const ProcessOutput output,
                invoke(host, {.argv = {path, "version", "-o", "short"}, .timeout = k_quick}, "kubeadm version"));
  auto version = catalog::KubernetesVersion::parse(trim(output.out));
  if (!version) {
    return fail(ExitCode::format, "{}: is no kubeadm: its version is \"{}\"", path, host::last_line(output.out));
  }
  return Program{.path = std::move(path), .version = std::move(*version)};
}

Result<std::vector<std::string>> images(const host::Host& host, const Program& program, std::string_view config) {
  const ConfigCall call{.argv = {program.path, "config", "images", "list"},
                        .name = "kubeadm config images list",
                        .refused = ExitCode::usage};
  KF_TRY_ASSIGN(const ProcessOutput output, invoke_with(host, program, call, config));
  std::vector<std::string> references;
  for (const std::string_view line : split(output.out, '\n')) {
    const std::string_view reference = trim(line);
    if (reference.empty()) {
      continue;
    }
    if (!is_reference(reference)) {
      return fail(ExitCode::format, "kubeadm config images list: \"{}\" is no image", printable(reference));
    }
    references.emplace_back(reference);
  }
  if (references.empty()) {
    return fail(ExitCode::format, "kubeadm config images list: lists no image");
  }
  return references;
}

Result<std::vector<std::string>> validate(const host::Host& host, const Program& program, std::string_view config) {
  const bool exists = program.version.minor >= k_validate_minor;
  const ConfigCall call{.argv = {program.path, "config", exists ? "validate" : "migrate"},
                        .flag = exists ? "--config" : "--old-config",
                        .name = exists ? "kubeadm config validate" : "kubeadm config migrate",
                        .refused = ExitCode::usage};
  KF_TRY_ASSIGN(const ProcessOutput output, invoke_with(host, program, call, config));
  std::vector<std::string> warnings;
  for (const std::string_view line : split(output.err, '\n')) {
    if (line.find("unknown field") != std::string_view::npos ||
        line.find("strict decoding") != std::string_view::npos) {
      const std::size_t end = line.starts_with('W') ? line.find("] ") : std::string_view::npos;
      warnings.push_back(printable(trim(end == std::string_view::npos ? line : line.substr(end + 2))));
    }
  }
  return warnings;
}

}  // namespace kubeferry::kubeadm
