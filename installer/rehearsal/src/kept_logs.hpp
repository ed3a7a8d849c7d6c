// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <kubeferry/base/result.hpp>

namespace kubeferry::rehearsal {

/// Copies what units, Pods and kubeadm wrote in the rehearsal below `directory` to `target`, which is made (0700), and
/// emptied before when an earlier rehearsal made it. io errors; usage error when it is somebody else's.
Status keep_logs(const std::string& directory, const std::string& target);

/// Removes `target` when a rehearsal made it.
void forget_logs(const std::string& target);

}  // namespace kubeferry::rehearsal
