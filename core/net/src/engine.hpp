// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <random>
#include <string>

#include <kubeferry/net/client.hpp>

#include "transfer.hpp"

namespace kubeferry::net {

/// What all requests of one client share: redirects, waiting and the pool. Thread-safe.
class Engine {
public:
  Engine(ClientOptions options, TrustTable trust, std::shared_ptr<Clock> clock);

  /// Sends `request` with `extra` headers, and follows redirects of GET and HEAD (R1-R4).
  Outcome exchange(const Request& request, const Headers& extra, Receiver& receiver);

  /// After attempt number `attempt` (from 1): waits and returns true when another one is due; false when it is not
  /// worth it, not allowed or not affordable. interrupted error when told to stop meanwhile.
  Result<bool> wait_before_retry(const Request& request, const Outcome& outcome, std::uint32_t attempt);

private:
  Outcome one_hop(const Request& request, const Url& url, const Url& first, const Headers& extra, Receiver& receiver);
  std::chrono::milliseconds delay(const Outcome& outcome, std::uint32_t attempt);

  ClientOptions options_;
  TrustTable trust_;
  std::shared_ptr<Clock> clock_;
  EasyPool pool_;
  std::atomic<std::uint32_t> retries_ = 0;
  std::mutex random_mutex_;
  std::minstd_rand random_;
};

/// Is it a status that may be another one next time?
[[nodiscard]] bool is_transient_status(int status) noexcept;

}  // namespace kubeferry::net
