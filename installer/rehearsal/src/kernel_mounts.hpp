// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include <kubeferry/base/result.hpp>
#include <kubeferry/rehearsal/mount_plan.hpp>

namespace kubeferry::rehearsal {

/// Mounts what a machine's kernel shows on the same places below `root`: /proc with settings read-only but for the
/// network's, /sys read-only with `groups`, a small /dev, an empty /run. A few settings that kubelet insists on are
/// files of the rehearsal's own, which it may write. io errors.
Status mount_kernel_views(const std::string& root, std::span<const GroupMount> groups);

}  // namespace kubeferry::rehearsal
