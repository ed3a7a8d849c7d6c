// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <stop_token>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/digest.hpp>

namespace kubeferry::bundle {

/// Hashes the chunks of a payload once all their bytes were written, while they are still in the page cache: as many
/// together as is fastest, by the thread that completes the last of them.
class ChunkHashes {
public:
  /// `fd` is the bundle's file, the payload starts at `offset` and has at most `most` bytes.
  ChunkHashes(int fd, std::uint64_t offset, std::uint64_t most, std::uint64_t chunk_size);

  /// `length` bytes at `position` of the payload are in the file for good. Each byte is reported once, or taken back
  /// by unwrote() first.
  Status wrote(std::uint64_t position, std::uint64_t length);
  void unwrote(std::uint64_t position, std::uint64_t length);

  /// The digests of a payload that turned out to have `length` bytes, hashing what was not hashed yet.
  Result<std::vector<crypto::Digest>> finish(std::uint64_t length, std::size_t threads, const std::stop_token& stop);

private:
  struct Chunk {
    std::uint64_t written = 0;
    std::uint64_t version = 0;  ///< counts what was taken back: a digest of an older version is of no use
    bool hashed = false;
    crypto::Digest digest;
  };
  struct Job {
    std::size_t index = 0;
    std::uint64_t version = 0;
  };
  Status hash(std::span<const Job> jobs, std::uint64_t payload_length);

  int fd_;
  std::uint64_t offset_;
  std::uint64_t chunk_size_;
  std::mutex mutex_;
  std::vector<Chunk> chunks_;
  std::vector<Job> complete_;  ///< chunks that wait for company
};

}  // namespace kubeferry::bundle
