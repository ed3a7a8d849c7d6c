// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <kubeferry/base/result.hpp>

// mount(2) with errors that say what and where. For process 1 of a rehearsal, in a mount namespace of its own, only.
namespace kubeferry::rehearsal {

Status mount_new(const char* type, const std::string& target, unsigned long flags, const std::string& options);
Status bind_mount(const std::string& source, const std::string& target);
/// The same, then read-only.
Status bind_read_only(const std::string& source, const std::string& target);
Status make_folder(const std::string& path, unsigned mode = 0755);
Status make_file(const std::string& path, std::string_view text, unsigned mode = 0644);

}  // namespace kubeferry::rehearsal
