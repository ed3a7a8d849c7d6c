// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>

// zstd frames (RFC 8878) whose blocks are all of type Raw: the content stands in the file byte for byte, in pieces of
// 128 KiB behind headers of 3 bytes. Where each byte lies follows from the content's length alone, so it is known
// before the content is.
namespace kubeferry::archive {

/// Content bytes of a full raw block: the largest that RFC 8878 §3.1.1.2 allows.
inline constexpr std::uint64_t k_raw_block_bytes = std::uint64_t{128} * 1024;
/// Content bytes of a full raw frame: the largest that the seekable format allows for one entry (1 GiB).
inline constexpr std::uint64_t k_raw_frame_bytes = std::uint64_t{1} << 30;
inline constexpr std::size_t k_raw_frame_header_bytes = 10;
inline constexpr std::size_t k_raw_block_header_bytes = 3;
inline constexpr std::size_t k_skippable_header_bytes = 8;

/// An empty zstd frame: what tools look at when they ask whether a file is zstd.
inline constexpr std::array<std::byte, 9> k_empty_frame = {std::byte{0x28}, std::byte{0xb5}, std::byte{0x2f},
                                                           std::byte{0xfd}, std::byte{0x20}, std::byte{0x00},
                                                           std::byte{0x01}, std::byte{0x00}, std::byte{0x00}};

/// The magic numbers of the two skippable frames in a bundle (RFC 8878 §3.1.2: 0x184D2A50 to 0x184D2A5F).
inline constexpr std::uint32_t k_front_magic = 0x184D2A5B;
inline constexpr std::uint32_t k_seek_table_magic = 0x184D2A5E;

/// The 8 bytes that start a skippable frame with `length` bytes of content.
[[nodiscard]] std::array<std::byte, k_skippable_header_bytes> skippable_header(std::uint32_t magic,
                                                                               std::uint32_t length);

/// Bytes in the file of `content` bytes stored raw: frames of at most 1 GiB, one empty-block frame for no content.
/// `content` is at most 2^53, so nothing overflows.
[[nodiscard]] std::uint64_t raw_stored_bytes(std::uint64_t content);

/// Where content byte `position` lies, counted from the start of the first frame; `position` < `content`.
[[nodiscard]] std::uint64_t raw_stored_position(std::uint64_t content, std::uint64_t position);

/// How many content bytes stand in one piece from `position` on: to the end of its block.
[[nodiscard]] std::uint64_t raw_contiguous_bytes(std::uint64_t content, std::uint64_t position);

/// The framing bytes (frame header, block header or both) that stand directly before content byte `position`, when
/// `position` starts a block; empty otherwise. For empty content, the whole frame is `raw_framing(0, 0)`.
struct Framing {
  std::array<std::byte, k_raw_frame_header_bytes + k_raw_block_header_bytes> bytes{};
  std::size_t length = 0;
  [[nodiscard]] ByteView view() const noexcept { return ByteView(bytes).first(length); }
};
[[nodiscard]] Framing raw_framing(std::uint64_t content, std::uint64_t position);

/// One small piece of content as a complete raw frame.
[[nodiscard]] Bytes raw_frame(ByteView content);

}  // namespace kubeferry::archive
