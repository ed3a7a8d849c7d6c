// SPDX-License-Identifier: Apache-2.0
#include "range_hashes.hpp"

#include <algorithm>

#include <kubeferry/crypto/sha256.hpp>

namespace kubeferry::bundle {

namespace {

// Pieces that stay in the processor's cache between read and hash.
constexpr std::size_t k_piece_bytes = std::size_t{64} * 1024;

/// Hashes at most as many ranges as there are lanes.
Status hash_group(const ReadAt& read, std::span<const ByteRange> ranges, std::vector<crypto::Digest>& digests) {
  thread_local Bytes buffer;
  buffer.resize(k_piece_bytes * ranges.size());
  std::vector<crypto::Sha256> hashes(ranges.size());
  std::uint64_t longest = 0;
  for (const ByteRange& range : ranges) {
    longest = std::max(longest, range.length);
  }
  std::vector<crypto::Sha256*> streams;
  std::vector<ByteView> pieces;
  for (std::uint64_t done = 0; done < longest; done += k_piece_bytes) {
    streams.clear();
    pieces.clear();
    for (std::size_t n = 0; n < ranges.size(); ++n) {
      if (done >= ranges[n].length) {
        continue;
      }
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(ranges[n].length - done, k_piece_bytes));
      const MutableByteView piece = MutableByteView(buffer).subspan(n * k_piece_bytes, count);
      KF_TRY(read(ranges[n].offset + done, piece));
      streams.push_back(&hashes[n]);
      pieces.emplace_back(piece);
    }
    crypto::update_together(streams, pieces);
  }
  for (auto& hash : hashes) {
    digests.push_back(hash.finish());
  }
  return {};
}

}  // namespace

Result<std::vector<crypto::Digest>> hash_ranges(const ReadAt& read, std::span<const ByteRange> ranges) {
  std::vector<crypto::Digest> digests;
  digests.reserve(ranges.size());
  const std::size_t lanes = crypto::sha256_lanes();
  for (std::size_t first = 0; first < ranges.size(); first += lanes) {
    KF_TRY(hash_group(read, ranges.subspan(first, std::min(lanes, ranges.size() - first)), digests));
  }
  return digests;
}

}  // namespace kubeferry::bundle
