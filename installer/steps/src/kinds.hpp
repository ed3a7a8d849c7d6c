// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include <kubeferry/steps/run.hpp>

// The kinds of this room and their undo functions (contract: see Undo).
namespace kubeferry::steps {

inline constexpr std::string_view k_file = "file";
inline constexpr std::string_view k_directory = "directory";
inline constexpr std::string_view k_sysctl = "sysctl";
inline constexpr std::string_view k_module = "module";
inline constexpr std::string_view k_unit = "unit";
inline constexpr std::string_view k_unit_files = "unit-files";

using Warning = std::function<void(std::string_view)>;

Status undo_file(const host::Host& host, const Entry& entry, Backups& backups, const Warning& warning);
Status undo_directory(const host::Host& host, const Entry& entry, Backups& backups, const Warning& warning);
Status undo_sysctl(const host::Host& host, const Entry& entry, Backups& backups, const Warning& warning);
Status undo_module(const host::Host& host, const Entry& entry, Backups& backups, const Warning& warning);
Status undo_unit(const host::Host& host, const Entry& entry, Backups& backups, const Warning& warning);
Status undo_unit_files(const host::Host& host, const Entry& entry, Backups& backups, const Warning& warning);

}  // namespace kubeferry::steps
