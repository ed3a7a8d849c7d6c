// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/installer/client_configuration.hpp>
#include <kubeferry/runtime/containerd_configuration.hpp>

// What CRI-O must be told: drop-ins beside whatever its owner has configured. Pure.
namespace kubeferry::runtime {

inline constexpr std::string_view k_crio_drop_in = "/etc/crio/crio.conf.d/50-kubeferry.conf";
inline constexpr std::string_view k_registries_drop_in = "/etc/containers/registries.conf.d/50-kubeferry.conf";

struct CrioWants {
  std::string sandbox_image;
  std::vector<std::string> pinned_images;  ///< references; patterns with a trailing * are allowed
  CgroupDriver cgroup_driver = CgroupDriver::systemd;
  std::vector<std::string> cni_bin_directories = {"/opt/cni/bin"};
};
[[nodiscard]] std::string crio_drop_in(const CrioWants& wants);

/// Both drop-ins and the CA's file for each place (/etc/containers/certs.d/HOST:PORT/ca.crt). CRI-O follows one
/// place for each upstream; the others are its mirrors.
[[nodiscard]] std::vector<ConfigurationFile> crio_files(const CrioWants& wants, std::span<const std::string> registries,
                                                        std::span<const installer::RegistryPlace> places,
                                                        std::string_view ca_pem);

}  // namespace kubeferry::runtime
