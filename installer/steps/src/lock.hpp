// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry::steps {

inline constexpr const char* k_lock_name = "lock";

/// Takes the lock in `directory` (`path` in messages) without waiting, and writes into it who has it. It is free again
/// when the descriptor is closed, however the process ends. locked error naming the holder's pid and command.
Result<Fd> take_lock(int directory, const std::string& path);

}  // namespace kubeferry::steps
