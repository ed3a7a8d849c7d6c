// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <kubeferry/host/host.hpp>

namespace kubeferry::steps {

/// Gives files the SELinux labels that the host's policy has for their paths, by restorecon(8); nothing on a host
/// without SELinux. A file system without labels is no error.
void relabel(const host::Host& host, const std::vector<std::string>& paths);

}  // namespace kubeferry::steps
