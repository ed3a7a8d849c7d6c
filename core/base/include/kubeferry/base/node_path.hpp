// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include <kubeferry/base/result.hpp>

namespace kubeferry {

/// The directories below which a bundle may put files on a node. What is not here, no bundle can write, whoever
/// signed it. docs/spec.md says so to users.
inline constexpr std::array<std::string_view, 9> k_node_directories = {
    "/usr/local/bin/",  "/usr/local/sbin/", "/usr/local/lib/systemd/system/",
    "/opt/cni/bin/",    "/opt/kubeferry/",  "/etc/systemd/system/",
    "/etc/kubernetes/", "/etc/containerd/", "/etc/cni/net.d/"};

/// usage error unless `path` is absolute, normalised (no "//", "." or ".." components, no control characters, at most
/// 4096 bytes) and names a file below one of k_node_directories.
Status check_node_path(std::string_view path);

}  // namespace kubeferry
