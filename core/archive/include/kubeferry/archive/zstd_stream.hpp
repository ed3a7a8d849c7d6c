// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry::archive {

/// Largest window a decoder here will allocate: 2^27 bytes (128 MiB).
inline constexpr int k_largest_window_log = 27;

/// Compresses pieces of memory, each into one complete frame with its content size and without checksum or dictionary.
/// Single-threaded, so that the same library gives the same bytes everywhere. Keeps its working memory between calls;
/// not for two threads at once.
class FrameCompressor {
public:
  explicit FrameCompressor(int level);
  FrameCompressor(FrameCompressor&&) noexcept;
  FrameCompressor& operator=(FrameCompressor&&) noexcept;
  ~FrameCompressor();

  /// Most bytes that `content` bytes can become.
  [[nodiscard]] static std::uint64_t bound(std::uint64_t content);

  /// Replaces `out` by the frame. bug error from the library.
  Status compress(ByteView content, Bytes& out);

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Length in bytes of the zstd frame at the start of `bytes`; format error when there is none, or not all of it.
Result<std::uint64_t> frame_length(ByteView bytes);

/// Decompresses complete frames whose content size is known beforehand. Keeps its working memory between calls.
class FrameDecompressor {
public:
  FrameDecompressor();
  FrameDecompressor(FrameDecompressor&&) noexcept;
  FrameDecompressor& operator=(FrameDecompressor&&) noexcept;
  ~FrameDecompressor();

  /// Fills all of `out` from one frame that is exactly `frame`. format error when the frame is malformed, wants a
  /// larger window or a dictionary; integrity error when its content is not exactly `out.size()` bytes.
  Status decompress(ByteView frame, MutableByteView out);

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubeferry::archive
