// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>

// What this program is inside a rehearsal, beside itself.
namespace kubeferry::rehearsal {

/// When argv[0] says that this is process 1 of a rehearsal, its keeper, systemctl or journalctl: does that and gives
/// back the exit status. Nothing when it is kubeferry. To be called before any thread is started.
///
/// Each looks for itself whether it is in a rehearsal, and ends with 70 when it is not: nobody gets anything by the
/// name alone.
std::optional<int> run_by_name(std::span<char*> arguments);

/// Whether this process is in a rehearsal: its root is a copy that one has made.
[[nodiscard]] bool is_rehearsal();

/// Leaves what a command came to for who started the rehearsal. io errors; bug error outside of one.
Status leave_answer(const Result<Json>& answer);

}  // namespace kubeferry::rehearsal
