// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stop_token>

#include <kubeferry/base/text.hpp>

namespace kubeferry::net {

/// Time, as far as retries need it; tests put their own here and never wait. Called from several threads.
class Clock {
public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() = 0;
  /// Waits for `duration`, or until `stop` is requested: false then.
  [[nodiscard]] virtual bool sleep(std::chrono::milliseconds duration, const std::stop_token& stop) = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
public:
  [[nodiscard]] TimePoint now() override;
  [[nodiscard]] bool sleep(std::chrono::milliseconds duration, const std::stop_token& stop) override;
};

}  // namespace kubeferry::net
