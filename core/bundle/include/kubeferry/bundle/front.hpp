// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/base/stream.hpp>

// The front of a bundle: everything that is read before a signature holds (docs/format.md §2).
namespace kubeferry::bundle {

/// The domain that a bundle's signatures are bound to (DSSE payload type).
inline constexpr std::string_view k_payload_type = "application/vnd.kubeferry.bundle-manifest.v1+json";

inline constexpr std::uint32_t k_format_version = 1;
inline constexpr std::uint64_t k_largest_envelope = std::uint64_t{64} * 1024;
inline constexpr std::uint64_t k_largest_manifest = std::uint64_t{16} * 1024 * 1024;
/// Room kept for the envelope, so that signatures can be added to a bundle without moving its payload.
inline constexpr std::uint64_t k_envelope_capacity = std::uint64_t{16} * 1024;
inline constexpr std::uint64_t k_front_alignment = 4096;
inline constexpr std::size_t k_header_bytes = 96;
/// Where the envelope starts in the file: behind the empty frame, the skippable frame's header and ours.
inline constexpr std::uint64_t k_envelope_offset = 9 + 8 + k_header_bytes;

/// The fixed header's fields. All sizes and offsets in bytes from the start of the file.
struct Header {
  std::uint64_t payload_offset = 0;
  std::uint64_t payload_length = 0;
  std::uint64_t manifest_length = 0;
  std::uint64_t envelope_length = 0;
  std::uint64_t envelope_capacity = 0;

  [[nodiscard]] std::uint64_t manifest_offset() const noexcept { return k_envelope_offset + envelope_capacity; }
};

/// Where the payload starts when room for `manifest_bytes` bytes of manifest is kept.
[[nodiscard]] std::uint64_t payload_offset_for(std::uint64_t manifest_bytes);

/// The whole front, `header.payload_offset` bytes, ready to be written at the start of the file. The header's lengths
/// are set from the texts. limit error when they do not fit the room that was kept.
Result<Bytes> encode_front(Header header, std::string_view envelope, std::string_view manifest);

struct Front {
  Header header;
  std::string envelope;  ///< DSSE envelope, not yet believed
  std::string manifest;  ///< what it signs, not yet believed
};

/// Reads and checks the front of `file`, allocating nothing that the caps above do not allow.
///
/// format errors: not a bundle (says what it is, if it is gzip or plain zstd), a later format version (says which
/// version of the tool reads it), a damaged header, non-zero reserved bytes or padding, lengths that contradict each
/// other or the file. limit errors: larger than the caps. io errors of the file come through.
Result<Front> read_front(const RandomSource& file, std::string_view name);

}  // namespace kubeferry::bundle
