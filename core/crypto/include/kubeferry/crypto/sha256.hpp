// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <kubeferry/crypto/digest.hpp>

namespace kubeferry::crypto {

/// SHA-256 (FIPS 180-4) of a stream, piece by piece, whose pieces can be hashed beside those of other streams
/// (update_together). Needs no memory of its own and cannot fail; as cheap to make as to reset.
class Sha256 {
public:
  Sha256() noexcept { reset(); }

  void update(ByteView bytes) noexcept;
  /// The digest of everything since the start or the last reset; leaves the stream reset.
  [[nodiscard]] Digest finish() noexcept;
  void reset() noexcept;

private:
  friend void update_together(std::span<Sha256* const> streams, std::span<const ByteView> pieces) noexcept;
  alignas(std::uint64_t) std::array<std::byte, 112> context_;  // OpenSSL's SHA256_CTX
};

/// How many streams are worth hashing together on this processor: 16 or 8 where it has wide vectors (AVX-512, AVX2) but
/// no instructions for SHA-256, else 1, as OpenSSL's one stream is fastest then (docs/adr/0015).
[[nodiscard]] std::size_t sha256_lanes() noexcept;

/// `streams[n]->update(pieces[n])` for every n, side by side where that is faster. Both spans have the same length, of
/// which any is right and a multiple of sha256_lanes() is best; the streams are distinct; pieces of equal length cost
/// least.
void update_together(std::span<Sha256* const> streams, std::span<const ByteView> pieces) noexcept;

}  // namespace kubeferry::crypto
