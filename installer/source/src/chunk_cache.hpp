// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/stream.hpp>
#include <kubeferry/bundle/manifest.hpp>

namespace kubeferry::source {

/// A payload whose chunks come from elsewhere: the last ones read are kept, because a compressed blob's pieces are read
/// with some overlap (bundle::k_zstd_piece_bytes). Thread-safe.
class ChunkCache final : public RandomSource {
public:
  struct Options {
    std::uint64_t length = 0;  ///< of the payload
    std::uint64_t chunk_size = 0;
    std::size_t transfers = 1;  ///< calls of `fetch` at once
    std::stop_token stop;
    std::function<Result<Bytes>(std::size_t index)> fetch;  ///< the verified bytes of a chunk
  };
  explicit ChunkCache(Options options);

  [[nodiscard]] std::uint64_t size() const override { return options_.length; }
  Status read_at(std::uint64_t offset, MutableByteView buffer) const override;

private:
  using Chunk = std::shared_ptr<const Bytes>;
  Result<Chunk> get(std::size_t index) const;
  [[nodiscard]] Chunk cached(std::size_t index) const;
  void remember(std::size_t index, Chunk chunk) const;

  Options options_;
  std::size_t capacity_;
  mutable std::mutex mutex_;
  mutable std::list<std::pair<std::size_t, Chunk>> cache_;  // the last used first
};

}  // namespace kubeferry::source
