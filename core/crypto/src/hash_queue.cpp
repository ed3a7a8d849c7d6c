// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/hash_queue.hpp>

#include <algorithm>
#include <array>

namespace kubeferry::crypto {

namespace {
constexpr std::size_t k_most_together = 16;
// Among fewer a batch never fills, and waiting for each other would leave processors idle.
constexpr std::size_t k_least_members = 4;
}  // namespace

HashQueue::Member::Member(HashQueue& queue) noexcept : queue_(queue) { ++queue_.members_; }

HashQueue::Member::~Member() { --queue_.members_; }

void HashQueue::update(Sha256& stream, ByteView bytes) {
  const std::size_t lanes = sha256_lanes();
  if (lanes == 1 || members() < k_least_members) {
    stream.update(bytes);
    return;
  }
  std::unique_lock lock(mutex_);
  Waiting mine{&stream, bytes};
  waiting_.push_back(&mine);
  while (!mine.done) {
    // A full batch needs no company: many processors may each hash one.
    if (leaders_ == 0 || waiting_.size() >= lanes) {
      lead(lock);
    } else {
      changed_.wait(lock);
    }
  }
}

void HashQueue::lead(std::unique_lock<std::mutex>& lock) {
  std::array<Waiting*, k_most_together> batch{};
  std::array<Sha256*, k_most_together> streams{};
  std::array<ByteView, k_most_together> pieces{};
  const std::size_t count = std::min({waiting_.size(), sha256_lanes(), k_most_together});
  for (std::size_t n = 0; n < count; ++n) {
    batch[n] = waiting_.front();
    waiting_.pop_front();
    streams[n] = batch[n]->stream;
    pieces[n] = batch[n]->bytes;
  }
  if (count == 0) {
    return;
  }
  ++leaders_;
  lock.unlock();
  update_together(std::span(streams).first(count), std::span(pieces).first(count));
  lock.lock();
  --leaders_;
  for (std::size_t n = 0; n < count; ++n) {
    batch[n]->done = true;
  }
  changed_.notify_all();
}

}  // namespace kubeferry::crypto
