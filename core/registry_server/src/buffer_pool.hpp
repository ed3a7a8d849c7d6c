// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include <kubeferry/base/bytes.hpp>

namespace kubeferry::registry_server {

class BufferPool;

/// Bytes on their way to a socket. Grows when needed; its memory goes back to the pool it came from.
class Buffer {
public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  [[nodiscard]] ByteView used() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }
  void append(ByteView bytes);
  /// `count` writable bytes after the used ones; they count as used from now on.
  [[nodiscard]] MutableByteView extend(std::size_t count);
  void drop_front(std::size_t count) noexcept { begin_ += count; }

private:
  friend class BufferPool;
  void release() noexcept;

  BufferPool* pool_ = nullptr;
  std::unique_ptr<std::byte[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// Keeps a few large buffers for reuse, most recently used (still in the processor's cache) first, so that a transfer
/// costs no allocation a piece. Small buffers come from and go to the heap. May be used from several threads.
class BufferPool {
public:
  /// Room for the largest piece with its response head and TLS's record overhead.
  static constexpr std::size_t k_large_bytes = std::size_t{72} * 1024;

  explicit BufferPool(std::size_t kept) : kept_(kept) {}

  /// An empty buffer with room for at least `capacity` bytes.
  [[nodiscard]] Buffer take(std::size_t capacity);

private:
  friend class Buffer;
  void give(std::unique_ptr<std::byte[]> memory) noexcept;

  std::size_t kept_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<std::byte[]>> free_;
};

/// How much of a blob is prepared for one transfer at a time when `active` of them run: large pieces when there are
/// few, one TLS record when there are many, so that clients which stop reading cannot pin more than a fixed amount.
[[nodiscard]] std::size_t piece_bytes(std::size_t active) noexcept;

}  // namespace kubeferry::registry_server
