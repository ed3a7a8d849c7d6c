// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/archive/raw_frame.hpp>

#include <algorithm>

namespace kubeferry::archive {

namespace {

constexpr std::uint64_t k_blocks_per_frame = k_raw_frame_bytes / k_raw_block_bytes;
constexpr std::uint64_t k_full_frame_stored =
    k_raw_frame_header_bytes + k_raw_frame_bytes + k_blocks_per_frame * k_raw_block_header_bytes;

std::uint64_t blocks_of(std::uint64_t frame_content) {
  return std::max<std::uint64_t>((frame_content + k_raw_block_bytes - 1) / k_raw_block_bytes, 1);
}

std::uint64_t frame_stored(std::uint64_t frame_content) {
  return k_raw_frame_header_bytes + frame_content + blocks_of(frame_content) * k_raw_block_header_bytes;
}

}  // namespace

std::array<std::byte, k_skippable_header_bytes> skippable_header(std::uint32_t magic, std::uint32_t length) {
  std::array<std::byte, k_skippable_header_bytes> header{};
  store_le(MutableByteView(header), magic);
  store_le(MutableByteView(header).subspan(4), length);
  return header;
}

std::uint64_t raw_stored_bytes(std::uint64_t content) {
  const std::uint64_t full = content / k_raw_frame_bytes;
  const std::uint64_t rest = content % k_raw_frame_bytes;
  return full * k_full_frame_stored + (rest > 0 || full == 0 ? frame_stored(rest) : 0);
}

std::uint64_t raw_stored_position(std::uint64_t /*content*/, std::uint64_t position) {
  const std::uint64_t in_frame = position % k_raw_frame_bytes;
  return position / k_raw_frame_bytes * k_full_frame_stored + k_raw_frame_header_bytes + in_frame +
         (in_frame / k_raw_block_bytes + 1) * k_raw_block_header_bytes;
}

std::uint64_t raw_contiguous_bytes(std::uint64_t content, std::uint64_t position) {
  return std::min(k_raw_block_bytes - position % k_raw_block_bytes, content - position);
}

Framing raw_framing(std::uint64_t content, std::uint64_t position) {
  Framing framing;
  if (position % k_raw_block_bytes != 0 || (position >= content && content != 0)) {
    return framing;
  }
  const MutableByteView out(framing.bytes);
  const std::uint64_t in_frame = position % k_raw_frame_bytes;
  const std::uint64_t frame_content = std::min(k_raw_frame_bytes, content - (position - in_frame));
  if (in_frame == 0) {
    // Magic; descriptor: 4-byte content size, no checksum (the manifest's digests are stronger), no dictionary; a
    // window of 128 KiB, so that any decoder has the memory for it.
    store_le<std::uint32_t>(out, 0xFD2FB528);
    out[4] = std::byte{0x80};
    out[5] = std::byte{0x38};
    store_le(out.subspan(6), static_cast<std::uint32_t>(frame_content));
    framing.length = k_raw_frame_header_bytes;
  }
  const std::uint64_t block = std::min(k_raw_block_bytes, frame_content - in_frame);
  const bool last = in_frame + block == frame_content;
  const auto header = static_cast<std::uint32_t>((block << 3) | (last ? 1U : 0U));
  for (std::size_t n = 0; n < k_raw_block_header_bytes; ++n) {
    out[framing.length + n] = static_cast<std::byte>((header >> (8 * n)) & 0xffU);
  }
  framing.length += k_raw_block_header_bytes;
  return framing;
}

Bytes raw_frame(ByteView content) {
  Bytes out;
  std::uint64_t position = 0;
  do {
    const Framing framing = raw_framing(content.size(), position);
    out.insert(out.end(), framing.view().begin(), framing.view().end());
    const std::uint64_t length = content.empty() ? 0 : raw_contiguous_bytes(content.size(), position);
    const ByteView piece = content.subspan(static_cast<std::size_t>(position), static_cast<std::size_t>(length));
    out.insert(out.end(), piece.begin(), piece.end());
    position += length;
  } while (position < content.size());
  return out;
}

}  // namespace kubeferry::archive
