// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

// Kernel modules have no namespaces: what a rehearsal loads is loaded on the machine.
namespace kubeferry::rehearsal {

/// The names in the text of /proc/modules.
[[nodiscard]] std::set<std::string> parse_modules(std::string_view text);

/// Of `after`, those that were not there `before` and that containers and their networks make a kernel load; a module
/// of a stick that somebody has plugged in meanwhile is not one of them.
[[nodiscard]] std::vector<std::string> loaded_by_us(const std::set<std::string>& before,
                                                    const std::set<std::string>& after);

/// The modules that are loaded now; empty where the kernel has none.
[[nodiscard]] std::set<std::string> loaded_modules();

/// Unloads what a rehearsal loaded since `before`, for up to five seconds, because namespaces end a while after
/// their processes. Gives back what is still there.
[[nodiscard]] std::vector<std::string> unload_since(const std::set<std::string>& before);

}  // namespace kubeferry::rehearsal
