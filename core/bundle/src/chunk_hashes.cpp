// SPDX-License-Identifier: Apache-2.0
#include "chunk_hashes.hpp"

#include <algorithm>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/workers.hpp>
#include <kubeferry/crypto/sha256.hpp>

#include "range_hashes.hpp"

namespace kubeferry::bundle {

namespace {

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

Status ChunkHashes::hash(std::span<const Job> jobs, std::uint64_t payload_length) {
  std::vector<ByteRange> ranges;
  for (const Job& job : jobs) {
    const std::uint64_t at = job.index * chunk_size_;
    ranges.push_back({offset_ + at, std::min(chunk_size_, payload_length - at)});
  }
  const auto read = [this](std::uint64_t at, MutableByteView buffer) {
    return read_exactly_at(fd_, at, buffer, "the bundle being written");
  };
  KF_TRY_ASSIGN(const auto digests, hash_ranges(read, ranges));
  const std::lock_guard lock(mutex_);
  for (std::size_t n = 0; n < jobs.size(); ++n) {
    Chunk& chunk = chunks_[jobs[n].index];
    if (chunk.version == jobs[n].version) {
      chunk.digest = digests[n];
      chunk.hashed = true;
    }
  }
  return {};
}

Status ChunkHashes::wrote(std::uint64_t position, std::uint64_t length) {
  std::vector<Job> batch;
  {
    const std::lock_guard lock(mutex_);
    for_chunks(position, length, chunk_size_, [&](std::size_t index, std::uint64_t count) {
      Chunk& chunk = chunks_[index];
      chunk.written += count;
      if (chunk.written == chunk_size_) {
        complete_.push_back({index, chunk.version});
      }
    });
    if (complete_.size() >= crypto::sha256_lanes()) {
      batch.swap(complete_);
    }
  }
  return batch.empty() ? Status() : hash(batch, chunks_.size() * chunk_size_);
}

void ChunkHashes::unwrote(std::uint64_t position, std::uint64_t length) {
  const std::lock_guard lock(mutex_);
  for_chunks(position, length, chunk_size_, [&](std::size_t index, std::uint64_t count) {
    Chunk& chunk = chunks_[index];
    chunk.written -= count;
    chunk.hashed = false;
    ++chunk.version;
  });
}

Result<std::vector<crypto::Digest>> ChunkHashes::finish(std::uint64_t length, std::size_t threads,
                                                        const std::stop_token& stop) {
  const auto count = static_cast<std::size_t>((length + chunk_size_ - 1) / chunk_size_);
  std::vector<Job> jobs;
  for (std::size_t n = 0; n < count; ++n) {
    if (!chunks_[n].hashed) {
      jobs.push_back({n, chunks_[n].version});
    }
  }
  const std::size_t lanes = crypto::sha256_lanes();
  KF_TRY(for_each_index((jobs.size() + lanes - 1) / lanes, threads, stop, [&](std::size_t group) {
    const std::size_t first = group * lanes;
    return hash(std::span(jobs).subspan(first, std::min(lanes, jobs.size() - first)), length);
  }));
  std::vector<crypto::Digest> digests;
  digests.reserve(count);
  for (std::size_t n = 0; n < count; ++n) {
    digests.push_back(chunks_[n].digest);
  }
  return digests;
}

}  // namespace kubeferry::bundle
