// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <kubeferry/base/stream.hpp>
#include <kubeferry/net/client.hpp>

namespace kubeferry::builder {

/// Turns a transfer that pushes into a source that is pulled: the transfer runs on its own thread, and at most 1 MiB of
/// it waits here.
///
/// A transfer that has to start over goes on unnoticed: what the reader has had already is passed over (the bytes are
/// the same, or the digest that is checked at the end says otherwise).
class Pipe final : public Source {
public:
  using Transfer = std::function<Status(net::RestartableSink&)>;

  static Result<std::unique_ptr<Pipe>> start(Transfer transfer);
  ~Pipe() override;  ///< ends the transfer by failing its next write

  /// The transfer's error comes out where its bytes end.
  Result<std::size_t> read(MutableByteView buffer) override;

private:
  class End;
  Pipe() = default;
  Status push(ByteView bytes);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Bytes> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::size_t taken_of_front_ = 0;
  std::optional<Status> result_;
  bool abandoned_ = false;
  std::jthread thread_;
};

}  // namespace kubeferry::builder
