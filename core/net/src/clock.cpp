// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/net/clock.hpp>

#include <condition_variable>
#include <mutex>

namespace kubeferry::net {

TimePoint SystemClock::now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

bool SystemClock::sleep(std::chrono::milliseconds duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace kubeferry::net
