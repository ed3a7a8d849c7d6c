// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

#include <kubeferry/base/result.hpp>

namespace kubeferry {

/// Runs `job(index)` for 0 … count-1 on `threads` threads (at least 1), taking indexes in order.
///
/// The first error stops the handing-out of further indexes and is returned when every running job has ended; an
/// exception inside a job becomes a bug error (or a limit error when memory ran out). When `stop` is requested no
/// further index is handed out and the result is an interrupted error.
Status for_each_index(std::size_t count, std::size_t threads, const std::stop_token& stop,
                      const std::function<Status(std::size_t)>& job);

/// The number of processors this process may use, at least 1.
[[nodiscard]] std::size_t usable_processors();

}  // namespace kubeferry
