// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/kubeadm/program.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>

#include "invoke.hpp"

namespace kubeferry::kubeadm {
namespace {

constexpr std::uint32_t k_validate_minor = 28;
constexpr std::string_view k_init_kind = "kind: InitConfiguration";

bool is_reference(std::string_view line) {
  return !line.empty() && line.find('/') != std::string_view::npos &&
         line.find_first_of(" \t\"'") == std::string_view::npos && line == printable(line);
}

}  // namespace

Result<Program> find_program(const host::Host& host, std::string path) {
  KF_TRY_ASSIGN(const std::string output,
                invoke(host, {.argv = {path, "version", "-o", "short"}, .timeout = k_quick}, "kubeadm version"));
  auto version = catalog::KubernetesVersion::parse(trim(output));
  if (!version) {
    return fail(ExitCode::format, "{}: is no kubeadm: its version is \"{}\"", path, host::last_line(output));
  }
  return Program{.path = std::move(path), .version = std::move(*version)};
}

Result<std::vector<std::string>> images(const host::Host& host, const Program& program, std::string_view config) {
  KF_TRY_ASSIGN(const std::string output, invoke_with(host, program, {program.path, "config", "images", "list"}, config,
                                                      "kubeadm config images list", ExitCode::usage));
  std::vector<std::string> references;
  for (const std::string_view line : split(output, '\n')) {
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

Status validate(const host::Host& host, const Program& program, std::string_view config) {
  if (program.version.minor >= k_validate_minor) {
    KF_TRY(invoke_with(host, program, {program.path, "config", "validate"}, config, "kubeadm config validate",
                       ExitCode::usage));
  } else if (config.find(k_init_kind) != std::string_view::npos) {
    KF_TRY(images(host, program, config));
  }
  return {};
}

}  // namespace kubeferry::kubeadm
