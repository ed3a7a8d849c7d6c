// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <kubeferry/host/host.hpp>
#include <kubeferry/runtime/detect.hpp>

namespace kubeferry::runtime {

/// Which configuration the host's containerd.service starts it with.
[[nodiscard]] std::string configuration_path(const host::Host& host);

/// The file at `path` and what it imports, in the order in which containerd loads them. Empty when there is none;
/// format error when one is no TOML.
Result<std::vector<ConfigurationFile>> configuration_files(const host::Host& host, const std::string& path);

/// Where containerd listens with this configuration.
Result<std::string> socket_of(const std::vector<ConfigurationFile>& configuration);

}  // namespace kubeferry::runtime
