// SPDX-License-Identifier: Apache-2.0
#include "chunk_cache.hpp"

#include <algorithm>
#include <vector>

#include <kubeferry/base/workers.hpp>

namespace kubeferry::source {

namespace {

/// Two reads of a compressed piece, whose frame may be a little longer than the piece.
constexpr std::uint64_t k_cached_bytes = std::uint64_t{12} * 1024 * 1024;

}  // namespace

ChunkCache::ChunkCache(Options options)
    : options_(std::move(options)), capacity_(static_cast<std::size_t>(k_cached_bytes / options_.chunk_size) + 2) {}

Status ChunkCache::read_at(std::uint64_t offset, MutableByteView buffer) const {
  if (offset > options_.length || buffer.size() > options_.length - offset) {
    return fail(ExitCode::format, "read past the end of the payload");
  }
  if (buffer.empty()) {
    return {};
  }
  const auto first = static_cast<std::size_t>(offset / options_.chunk_size);
  const auto last = static_cast<std::size_t>((offset + buffer.size() - 1) / options_.chunk_size);
  std::vector<Chunk> chunks(last - first + 1);
  const auto load = [&](std::size_t n) -> Status {
    KF_TRY_ASSIGN(chunks[n], get(first + n));
    return {};
  };
  if (chunks.size() == 1) {
    KF_TRY(load(0));
  } else {
    KF_TRY(for_each_index(chunks.size(), std::min(chunks.size(), options_.transfers), options_.stop, load));
  }
  std::uint64_t inside = offset % options_.chunk_size;
  for (const Chunk& chunk : chunks) {
    const ByteView bytes = ByteView(*chunk).subspan(static_cast<std::size_t>(inside));
    const std::size_t count = std::min(bytes.size(), buffer.size());
    std::ranges::copy(bytes.first(count), buffer.begin());
    buffer = buffer.subspan(count);
    inside = 0;
  }
  return {};
}

Result<ChunkCache::Chunk> ChunkCache::get(std::size_t index) const {
  if (Chunk chunk = cached(index)) {
    return chunk;
  }
  KF_TRY_ASSIGN(Bytes bytes, options_.fetch(index));
  auto chunk = std::make_shared<const Bytes>(std::move(bytes));
  remember(index, chunk);
  return Chunk(std::move(chunk));
}

ChunkCache::Chunk ChunkCache::cached(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(cache_.begin(), cache_.end(), [&](const auto& entry) { return entry.first == index; });
  if (found == cache_.end()) {
    return nullptr;
  }
  cache_.splice(cache_.begin(), cache_, found);
  return found->second;
}

void ChunkCache::remember(std::size_t index, Chunk chunk) const {
  const std::lock_guard lock(mutex_);
  cache_.emplace_front(index, std::move(chunk));
  while (cache_.size() > capacity_) {
    cache_.pop_back();
  }
}

}  // namespace kubeferry::source
