// SPDX-License-Identifier: Apache-2.0
#include "buffer_pool.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kubeferry::registry_server {

Buffer::Buffer(Buffer&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      memory_(std::move(other.memory_)),
      capacity_(std::exchange(other.capacity_, 0)),
      begin_(std::exchange(other.begin_, 0)),
      end_(std::exchange(other.end_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this != &other) {
    release();
    pool_ = std::exchange(other.pool_, nullptr);
    memory_ = std::move(other.memory_);
    capacity_ = std::exchange(other.capacity_, 0);
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
  }
  return *this;
}

Buffer::~Buffer() { release(); }

void Buffer::release() noexcept {
  if (memory_ && pool_ != nullptr && capacity_ == BufferPool::k_large_bytes) {
    pool_->give(std::move(memory_));
  }
  memory_.reset();
  capacity_ = begin_ = end_ = 0;
}

MutableByteView Buffer::extend(std::size_t count) {
  if (capacity_ - end_ < count) {
    const std::size_t capacity = std::max(capacity_ * 2, end_ + count);
    auto memory = std::make_unique_for_overwrite<std::byte[]>(capacity);
    if (!empty()) {
      std::memcpy(memory.get(), memory_.get() + begin_, size());
    }
    const std::size_t used = size();
    release();
    memory_ = std::move(memory);
    capacity_ = capacity;
    end_ = used;
  }
  end_ += count;
  return {memory_.get() + end_ - count, count};
}

void Buffer::append(ByteView bytes) {
  if (!bytes.empty()) {
    std::memcpy(extend(bytes.size()).data(), bytes.data(), bytes.size());
  }
}

Buffer BufferPool::take(std::size_t capacity) {
  constexpr std::size_t k_large_from = std::size_t{32} * 1024;
  Buffer out;
  out.pool_ = this;
  if (capacity < k_large_from || capacity > k_large_bytes) {
    out.memory_ = std::make_unique_for_overwrite<std::byte[]>(capacity);
    out.capacity_ = capacity;
    return out;
  }
  out.capacity_ = k_large_bytes;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      out.memory_ = std::move(free_.back());
      free_.pop_back();
      return out;
    }
  }
  out.memory_ = std::make_unique_for_overwrite<std::byte[]>(k_large_bytes);
  return out;
}

void BufferPool::give(std::unique_ptr<std::byte[]> memory) noexcept {
  const std::lock_guard lock(mutex_);
  if (free_.capacity() < kept_) {
    free_.reserve(kept_);
  }
  if (free_.size() < kept_) {
    free_.push_back(std::move(memory));
  }
}

std::size_t piece_bytes(std::size_t active) noexcept {
  constexpr std::size_t k_budget = std::size_t{8} * 1024 * 1024;
  constexpr std::size_t k_record = std::size_t{16} * 1024;
  constexpr std::size_t k_largest = std::size_t{64} * 1024;
  return std::clamp(k_budget / std::max<std::size_t>(active, 1) / k_record * k_record, k_record, k_largest);
}

}  // namespace kubeferry::registry_server
