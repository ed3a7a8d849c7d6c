// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/stream.hpp>
#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/crypto/hash_queue.hpp>

namespace kubeferry::bundle {

/// Whether a chunk that was verified once may be read again without hashing it anew.
enum class Reread {
  verify,           ///< never: the medium may serve other bytes the second time
  trust_unchanged,  ///< while nobody else can write the file and its change time stands still (see ADR 0004)
};

/// The signed part of a bundle, as verified bytes: a chunk is hashed before a byte of it leaves here.
/// Thread-safe. Holds eight chunks in memory, and one more for each bulk reader.
class VerifiedPayload final : public RandomSource {
public:
  /// `chunks` are the SHA-256 of each `chunk_size` bytes of the `length` bytes from `offset` in `file`.
  VerifiedPayload(std::shared_ptr<const FileRandomSource> file, std::uint64_t offset, std::uint64_t length,
                  std::uint64_t chunk_size, std::vector<crypto::Digest> chunks, Reread reread);

  [[nodiscard]] std::uint64_t size() const override { return length_; }

  /// integrity error naming the chunk and its place in the file when the bytes are not what was signed; io errors.
  Status read_at(std::uint64_t offset, MutableByteView buffer) const override;

  /// Verifies the chunks that hold `length` bytes from `offset`, so that they may be sent from the file as they are.
  /// False when that is not allowed here (Reread::verify, or the file changed): then use read_at.
  Result<bool> verified_in_place(std::uint64_t offset, std::uint64_t length) const;

  /// To be held by a thread that reads much: those that do hash their chunks side by side where that is faster.
  [[nodiscard]] crypto::HashQueue::Member bulk_reader() const { return crypto::HashQueue::Member(hashes_); }

  [[nodiscard]] std::uint64_t chunk_size() const noexcept { return chunk_size_; }
  [[nodiscard]] std::size_t chunk_count() const noexcept { return chunks_.size(); }
  /// Hashes chunks straight from the file, past every cache; for `verify`. The index of the first that is not what was
  /// signed, nothing when all are. Some 16 chunks at a time are fastest (crypto::sha256_lanes()).
  [[nodiscard]] Result<std::optional<std::size_t>> find_damaged(std::size_t first, std::size_t count) const;
  /// The integrity error for a chunk that is not what was signed.
  [[nodiscard]] Failure damaged(std::size_t index) const;
  /// Where payload bytes stand in the file.
  [[nodiscard]] std::uint64_t file_offset() const noexcept { return offset_; }
  [[nodiscard]] int fd() const noexcept { return file_->fd(); }

private:
  using Chunk = std::shared_ptr<const std::byte[]>;
  Result<Chunk> load(std::size_t index) const;
  [[nodiscard]] Chunk cached(std::size_t index) const;
  void remember(std::size_t index, Chunk chunk) const;
  [[nodiscard]] bool unchanged() const;
  [[nodiscard]] std::uint64_t chunk_bytes(std::size_t index) const;

  std::shared_ptr<const FileRandomSource> file_;
  std::uint64_t offset_;
  std::uint64_t length_;
  std::uint64_t chunk_size_;
  std::vector<crypto::Digest> chunks_;
  bool trusting_ = false;
  struct stat opened_ {};
  mutable std::vector<std::atomic<bool>> seen_;
  mutable std::mutex mutex_;
  mutable std::list<std::pair<std::size_t, Chunk>> cache_;
  mutable crypto::HashQueue hashes_;
};

}  // namespace kubeferry::bundle
