// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/runtime_steps.hpp>

#include <iterator>

#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/runtime/node_files.hpp>
#include <kubeferry/steps/basic_steps.hpp>

namespace kubeferry::runtime {

namespace {

constexpr std::string_view k_containerd_service = "containerd.service";
constexpr std::string_view k_crio_service = "crio.service";

std::string revision_of(std::span<const ConfigurationFile> files, std::string_view more) {
  std::string all(more);
  for (const ConfigurationFile& file : files) {
    all += fmt::format("\n{}\n{}", file.path, file.text);
  }
  return crypto::Digest::of(as_byte_view(all)).to_string();
}

void append(steps::Plan& plan, steps::Plan more) { std::move(more.begin(), more.end(), std::back_inserter(plan)); }

}  // namespace

std::unique_ptr<const steps::Step> containerd_check(std::string program, Version version, std::string path,
                                                    ContainerdWants wants) {
  steps::Action check;
  check.kind = "containerd-check";
  check.target = path;
  check.summary = fmt::format("check what {} comes to", path);
  check.preview = {.action = "run",
                   .summary = check.summary,
                   .argv = {program, "--config", path, "config", version < Version{2, 0, 0} ? "dump" : "migrate"}};
  const auto differences = [=](const host::Host& host) {
    return containerd_differences(host, program, version, path, wants);
  };
  check.satisfied = [differences](const host::Host& host) -> Result<bool> {
    const auto found = differences(host);
    return found && found->empty();
  };
  check.apply = [differences, path](const host::Host& host) -> Status {
    KF_TRY_ASSIGN(const auto found, differences(host));
    if (found.empty()) {
      return {};
    }
    return Failure(fail(ExitCode::unsupported_host, "{}: {}", path, fmt::join(found, "; "))
                       .value()
                       .with_hint("another file that it imports says otherwise; change it there"));
  };
  return steps::action(std::move(check));
}

Result<ContainerdSteps> containerd_steps(const ContainerdJob& job) {
  const std::string path = job.found ? job.found->configuration_path : std::string(k_containerd_configuration);
  const auto existing = job.found ? job.found->configuration : job.configuration;
  KF_TRY_ASSIGN(ContainerdConfiguration configuration,
                containerd_configuration(job.version, path, existing, job.wants));
  ContainerdSteps out;
  out.registry_directory = configuration.registry_directory;
  ContainerdWants wants = job.wants;
  wants.registry_directory = out.registry_directory;
  std::vector<ConfigurationFile> files = std::move(configuration.files);
  const bool no_unit = !job.found || !job.found->unit || job.found->unit->origin == Origin::ours;
  if (no_unit) {
    files.push_back({std::string(k_containerd_unit), containerd_unit(job.program)});
  }
  out.plan.push_back(steps::restart_after_undo(std::string(k_containerd_service)));
  append(out.plan, file_steps(files));
  out.plan.push_back(containerd_check(job.program, job.version, path, wants));
  // Of what is wanted and not of what is written: a second run, which finds it there, must not restart anything.
  const std::vector<ConfigurationFile> wanted = {{path, fresh_containerd_configuration(job.version, wants)}};
  const std::string unit = no_unit ? containerd_unit(job.program) : std::string();
  out.plan.push_back(steps::unit(std::string(k_containerd_service),
                                 {.revision = revision_of(wanted, job.version.to_string() + unit)}));
  return out;
}

steps::Plan crio_steps(std::span<const ConfigurationFile> files) {
  steps::Plan plan;
  plan.push_back(steps::restart_after_undo(std::string(k_crio_service)));
  append(plan, file_steps(files));
  plan.push_back(steps::unit(std::string(k_crio_service), {.revision = revision_of(files, "")}));
  return plan;
}

}  // namespace kubeferry::runtime
