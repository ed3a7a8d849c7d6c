// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

#include <kubeferry/base/fd.hpp>

namespace kubeferry::cli {

/// Turns SIGINT and SIGTERM into a stop request, on a thread of its own. A second one ends the process at once.
/// Signals that were ignored when the program started (nohup, background jobs) stay ignored.
///
/// Blocks those signals in the calling thread and all that it starts, so it is made before any other thread.
class SignalWatch {
public:
  SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch();

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  /// The signal that came first; 0 for none.
  [[nodiscard]] int received() const noexcept { return received_; }

private:
  void watch();

  std::stop_source source_;
  std::atomic<int> received_ = 0;
  Fd signals_;
  Fd end_;
  std::thread thread_;
};

/// Opens whatever of the three standard descriptors is closed, so that no file of ours lands on one of them and gets
/// an error message written into it. What is written to a closed standard output fails then, as it should.
void occupy_standard_descriptors();

/// Makes writing to a closed pipe an error instead of the end.
void ignore_broken_pipes();

}  // namespace kubeferry::cli
