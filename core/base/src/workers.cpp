// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/workers.hpp>

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <vector>

namespace kubeferry {

namespace {

Status guarded(const std::function<Status(std::size_t)>& job, std::size_t index) {
  try {
    return job(index);
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::limit, "out of memory");
  } catch (const std::exception& thrown) {
    return fail(ExitCode::bug, "unexpected: {}", thrown.what());
  }
}

}  // namespace

Status for_each_index(std::size_t count, std::size_t threads, const std::stop_token& stop,
                      const std::function<Status(std::size_t)>& job) {
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  std::optional<Error> first;
  const auto work = [&] {
    while (!failed && !stop.stop_requested()) {
      const std::size_t index = next.fetch_add(1);
      if (index >= count) {
        return;
      }
      if (Status status = guarded(job, index); !status) {
        const std::lock_guard lock(mutex);
        if (!first) {
          first = std::move(status).error();
        }
        failed = true;
      }
    }
  };
  {
    std::vector<std::jthread> team;
    const std::size_t helpers = std::min(std::max<std::size_t>(threads, 1), std::max<std::size_t>(count, 1)) - 1;
    team.reserve(helpers);
    for (std::size_t n = 0; n < helpers; ++n) {
      team.emplace_back(work);
    }
    work();
  }
  if (first) {
    return Failure(std::move(*first));
  }
  if (stop.stop_requested() && next < count) {
    return fail(ExitCode::interrupted, "stopped");
  }
  return {};
}

std::size_t usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    return std::max<std::size_t>(static_cast<std::size_t>(CPU_COUNT(&set)), 1);
  }
  return std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
}

}  // namespace kubeferry
