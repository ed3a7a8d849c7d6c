// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace kubeferry {

enum class ProgressMode {
  automatic,  ///< a bar on a terminal, a line every 5 s otherwise
  silent,     ///< --quiet
};

/// Shows how far a job is, on standard error, from its own thread.
///
/// The figure is bytes that are finished and will not be fetched again, so it never goes backwards and never passes
/// its total. add() and set_total() may be called from any thread.
class Progress {
public:
  /// `verb` as in "fetching"; `total` in bytes, 0 when not known yet.
  Progress(std::string verb, std::uint64_t total, ProgressMode mode);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();  ///< clears the bar

  void set_total(std::uint64_t bytes) noexcept { total_.store(bytes, std::memory_order_relaxed); }
  void add(std::uint64_t bytes) noexcept { done_.fetch_add(bytes, std::memory_order_relaxed); }
  /// What is being worked on now, for the end of the line.
  void set_subject(std::string subject);
  [[nodiscard]] std::uint64_t done() const noexcept { return done_.load(std::memory_order_relaxed); }

private:
  void show(bool terminal);
  void work(const std::stop_token& stop);

  std::string verb_;
  std::atomic<std::uint64_t> total_;
  std::atomic<std::uint64_t> done_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::string subject_;
  std::uint64_t shown_ = 0;
  std::jthread thread_;
};

/// One line of the display, without terminal control: pure, for tests.
/// Seconds are those since the start; the rate is the average since then.
[[nodiscard]] std::string progress_line(const std::string& verb, std::uint64_t done, std::uint64_t total,
                                        double seconds, const std::string& subject);

}  // namespace kubeferry
