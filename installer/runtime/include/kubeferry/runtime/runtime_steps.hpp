// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <kubeferry/runtime/containerd_configuration.hpp>
#include <kubeferry/runtime/crio_configuration.hpp>
#include <kubeferry/runtime/detect.hpp>
#include <kubeferry/steps/step.hpp>

// From what is there and what is wanted to steps.
namespace kubeferry::runtime {

/// What containerd must be and do on this node.
struct ContainerdJob {
  std::string program;                           ///< path; of the bundle's node file when the host has none
  Version version;                               ///< of that program
  std::optional<Containerd> found;               ///< as detect() found it
  std::vector<ConfigurationFile> configuration;  ///< as detect() found it where there is no containerd
  ContainerdWants wants;
};
struct ContainerdSteps {
  steps::Plan plan;
  std::string registry_directory;  ///< where hosts.toml files belong
};
/// Its configuration, its unit when the host has none, a check that it means what it should (before anything is
/// restarted), then enabled and running with that. Errors of containerd_configuration().
Result<ContainerdSteps> containerd_steps(const ContainerdJob& job);

/// A step that asks containerd what its configuration comes to: satisfied when all is as wanted, else it fails with
/// unsupported_host and the differences. Changes nothing.
[[nodiscard]] std::unique_ptr<const steps::Step> containerd_check(std::string program, Version version,
                                                                  std::string path, ContainerdWants wants);

/// CRI-O's drop-ins (crio_files()), then its unit enabled and running with them.
[[nodiscard]] steps::Plan crio_steps(std::span<const ConfigurationFile> files);

}  // namespace kubeferry::runtime
