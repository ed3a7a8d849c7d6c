// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>

#include <kubeferry/crypto/sha256.hpp>

namespace kubeferry::crypto {

/// Lets threads that hash streams of their own hash them together. Whoever comes while nobody hashes takes everything
/// that waits, its own piece with it, and hashes it side by side; those who come meanwhile wait for the next round. So
/// batches grow with the load by themselves, and a lone thread waits for nobody. Where streams are not faster together
/// (sha256_lanes() is 1), or too few of them are open, each thread hashes its own. Thread-safe; outlives its streams.
class HashQueue {
public:
  /// One stream of the queue; used by one thread at a time.
  class Stream {
  public:
    explicit Stream(HashQueue& queue) noexcept;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream();

    /// Returns when `bytes` are hashed. Pieces of some 100 KiB repay the waiting.
    void update(ByteView bytes);
    [[nodiscard]] Digest finish() noexcept { return hash_.finish(); }
    void reset() noexcept { hash_.reset(); }

  private:
    HashQueue& queue_;
    Sha256 hash_;
  };

private:
  struct Waiting {
    Sha256* stream;
    ByteView bytes;
    bool done = false;
  };
  void update(Sha256& stream, ByteView bytes);
  void lead(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting*> waiting_;
  std::size_t open_ = 0;     // streams that exist
  std::size_t leaders_ = 0;  // threads that hash a batch
};

}  // namespace kubeferry::crypto
