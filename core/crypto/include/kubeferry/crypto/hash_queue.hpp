// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>

#include <kubeferry/crypto/sha256.hpp>

namespace kubeferry::crypto {

/// Lets threads that hash streams of their own hash them together. Whoever comes while nobody hashes takes everything
/// that waits, its own piece with it, and hashes it side by side; those who come meanwhile wait for the next round. So
/// batches grow with the load by themselves, and a lone thread waits for nobody. Where streams are not faster together
/// (sha256_lanes() is 1), or too few members hash, each thread hashes its own. Thread-safe; outlives its members.
class HashQueue {
public:
  /// Says that one more thread hashes often, as long as it lives.
  class Member {
  public:
    explicit Member(HashQueue& queue) noexcept;
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    ~Member();

  private:
    HashQueue& queue_;
  };

  /// `stream.update(bytes)`; returns when it is done. Pieces of some 100 KiB repay the waiting. Anybody may call it.
  void update(Sha256& stream, ByteView bytes);

  [[nodiscard]] std::size_t members() const noexcept { return members_.load(std::memory_order_relaxed); }

private:
  struct Waiting {
    Sha256* stream;
    ByteView bytes;
    bool done = false;
  };
  void lead(std::unique_lock<std::mutex>& lock);

  std::atomic<std::size_t> members_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting*> waiting_;
  std::size_t leaders_ = 0;  // threads that hash a batch
};

}  // namespace kubeferry::crypto
