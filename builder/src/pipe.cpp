// SPDX-License-Identifier: Apache-2.0
#include "pipe.hpp"

#include <algorithm>

namespace kubeferry::builder {

namespace {
constexpr std::size_t k_most_waiting = std::size_t{1} << 20;
}

/// The transfer's end of the pipe.
class Pipe::End final : public net::RestartableSink {
public:
  explicit End(Pipe& pipe) : pipe_(&pipe) {}

  Status write(ByteView bytes) override {
    const auto known = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), passed_ - position_));
    position_ += bytes.size();
    bytes = bytes.subspan(known);
    if (bytes.empty()) {
      return {};
    }
    passed_ += bytes.size();
    return pipe_->push(bytes);
  }
  Status restart() override {
    position_ = 0;
    return {};
  }

private:
  Pipe* pipe_;
  std::uint64_t passed_ = 0;    // bytes of the whole that the reader got
  std::uint64_t position_ = 0;  // bytes of the whole that this attempt had
};

Result<std::unique_ptr<Pipe>> Pipe::start(Transfer transfer) {
  std::unique_ptr<Pipe> pipe(new Pipe);
  pipe->thread_ = std::jthread([raw = pipe.get(), transfer = std::move(transfer)] {
    End end(*raw);
    Status status = fail(ExitCode::bug, "a transfer threw");
    try {
      status = transfer(end);
    } catch (const std::exception& thrown) {
      status = fail(ExitCode::bug, "unexpected: {}", thrown.what());
    }
    const std::lock_guard lock(raw->mutex_);
    raw->result_ = std::move(status);
    raw->changed_.notify_all();
  });
  return pipe;
}

Pipe::~Pipe() {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  changed_.notify_all();
}

Status Pipe::push(ByteView bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return abandoned_ || waiting_bytes_ < k_most_waiting; });
  if (abandoned_) {
    return fail(ExitCode::interrupted, "nobody reads any more");
  }
  waiting_.emplace_back(bytes.begin(), bytes.end());
  waiting_bytes_ += bytes.size();
  changed_.notify_all();
  return {};
}

Result<std::size_t> Pipe::read(MutableByteView buffer) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !waiting_.empty() || result_; });
  if (waiting_.empty()) {
    KF_TRY(Status(*result_));
    return std::size_t{0};
  }
  Bytes& front = waiting_.front();
  const std::size_t count = std::min(buffer.size(), front.size() - taken_of_front_);
  std::copy_n(front.begin() + static_cast<std::ptrdiff_t>(taken_of_front_), count, buffer.begin());
  taken_of_front_ += count;
  waiting_bytes_ -= count;
  if (taken_of_front_ == front.size()) {
    waiting_.pop_front();
    taken_of_front_ = 0;
  }
  changed_.notify_all();
  return count;
}

}  // namespace kubeferry::builder
