// SPDX-License-Identifier: Apache-2.0
#include "chunk_hashes.hpp"

#include <algorithm>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/workers.hpp>
#include <kubeferry/crypto/hasher.hpp>

namespace kubeferry::bundle {

namespace {

constexpr std::size_t k_piece_bytes = std::size_t{128} * 1024;

/// Calls `each(chunk index, bytes of the range in it)`.
template <class Each>
void for_chunks(std::uint64_t position, std::uint64_t length, std::uint64_t chunk_size, Each&& each) {
  while (length > 0) {
    const std::uint64_t count = std::min(length, chunk_size - position % chunk_size);
    each(static_cast<std::size_t>(position / chunk_size), count);
    position += count;
    length -= count;
  }
}

}  // namespace

ChunkHashes::ChunkHashes(int fd, std::uint64_t offset, std::uint64_t most, std::uint64_t chunk_size)
    : fd_(fd),
      offset_(offset),
      chunk_size_(chunk_size),
      chunks_(static_cast<std::size_t>((most + chunk_size - 1) / chunk_size)) {}

Status ChunkHashes::hash(std::size_t index, std::uint64_t bytes) {
  crypto::Hasher hasher;
  Bytes buffer(k_piece_bytes);
  std::uint64_t at = offset_ + index * chunk_size_;
  while (bytes > 0) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, buffer.size()));
    KF_TRY(read_exactly_at(fd_, at, MutableByteView(buffer).first(count), "the bundle being written"));
    hasher.update(ByteView(buffer).first(count));
    at += count;
    bytes -= count;
  }
  chunks_[index].digest = hasher.finish();
  chunks_[index].hashed.store(true, std::memory_order_release);
  return {};
}

Status ChunkHashes::wrote(std::uint64_t position, std::uint64_t length) {
  Status status;
  for_chunks(position, length, chunk_size_, [&](std::size_t index, std::uint64_t count) {
    // The thread that brings the last byte sees all the others' bytes: acquire and release on the count.
    if (chunks_[index].written.fetch_add(count, std::memory_order_acq_rel) + count == chunk_size_ && status) {
      status = hash(index, chunk_size_);
    }
  });
  return status;
}

void ChunkHashes::unwrote(std::uint64_t position, std::uint64_t length) {
  for_chunks(position, length, chunk_size_, [&](std::size_t index, std::uint64_t count) {
    chunks_[index].written.fetch_sub(count, std::memory_order_acq_rel);
    chunks_[index].hashed.store(false, std::memory_order_release);
  });
}

Result<std::vector<crypto::Digest>> ChunkHashes::finish(std::uint64_t length, std::size_t threads,
                                                        const std::stop_token& stop) {
  const auto count = static_cast<std::size_t>((length + chunk_size_ - 1) / chunk_size_);
  KF_TRY(for_each_index(count, threads, stop, [&](std::size_t index) -> Status {
    if (chunks_[index].hashed.load(std::memory_order_acquire)) {
      return {};
    }
    return hash(index, std::min(chunk_size_, length - index * chunk_size_));
  }));
  std::vector<crypto::Digest> digests;
  digests.reserve(count);
  for (std::size_t n = 0; n < count; ++n) {
    digests.push_back(chunks_[n].digest);
  }
  return digests;
}

}  // namespace kubeferry::bundle
