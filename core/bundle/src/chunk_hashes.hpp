// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/digest.hpp>

namespace kubeferry::bundle {

/// Hashes each chunk of a payload as soon as all its bytes were written, by whichever thread wrote the last of them,
/// while they are still in the page cache.
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
    std::atomic<std::uint64_t> written = 0;
    std::atomic<bool> hashed = false;
    crypto::Digest digest;
  };
  Status hash(std::size_t index, std::uint64_t bytes);

  int fd_;
  std::uint64_t offset_;
  std::uint64_t chunk_size_;
  std::vector<Chunk> chunks_;
};

}  // namespace kubeferry::bundle
