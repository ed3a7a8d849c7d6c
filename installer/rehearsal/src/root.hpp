// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "plan.hpp"

namespace kubeferry::rehearsal {

/// Makes a copy-on-write view of the machine and enters it: afterwards this process's root is the copy, and nothing of
/// the machine's own mounts can be reached. Must be called by process 1 of new namespaces, which check_namespaces() has
/// looked at; the caller must end at once when it fails.
///
/// `note` gets what could only be shown read-only, or not at all. io errors; unsupported_host when the work directory
/// is on a file system that cannot be written over.
Status enter_root(const Plan& plan, const std::function<void(std::string_view)>& note);

/// bug error unless this is process 1 and each of k_namespaces is another one than the machine's.
Status check_namespaces(const Plan& plan);

/// bug error unless the root of this process is the rehearsal's.
Status check_marker(std::string_view root, const std::string& marker);

}  // namespace kubeferry::rehearsal
