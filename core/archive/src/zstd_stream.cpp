// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/archive/zstd_stream.hpp>

// ZSTD_c_useRowMatchFinder has no stable name yet.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

namespace kubeferry::archive {

struct FrameCompressor::State {
  explicit State(int level) : context(ZSTD_createCCtx()) {
    if (context) {
      ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
      ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 1);
      ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 0);
    }
  }
  struct Free {
    void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context;
};

FrameCompressor::FrameCompressor(int level) : state_(std::make_unique<State>(level)) {}
FrameCompressor::FrameCompressor(FrameCompressor&&) noexcept = default;
FrameCompressor& FrameCompressor::operator=(FrameCompressor&&) noexcept = default;
FrameCompressor::~FrameCompressor() = default;

std::uint64_t FrameCompressor::bound(std::uint64_t content) {
  return ZSTD_compressBound(static_cast<std::size_t>(content));
}

Status FrameCompressor::compress(ByteView content, Bytes& out) {
  if (!state_->context) {
    return fail(ExitCode::limit, "zstd: out of memory");
  }
  out.resize(ZSTD_compressBound(content.size()));
  // Left to itself, zstd decides by whether the processor has SIMD of 128 bits, and the same lock would give other
  // bytes on other architectures. The boundary is its own for those that have.
  constexpr std::size_t k_row_finder_from = std::size_t{1} << 14;
  ZSTD_CCtx_setParameter(state_->context.get(), ZSTD_c_useRowMatchFinder,
                         content.size() > k_row_finder_from ? ZSTD_ps_enable : ZSTD_ps_disable);
  const std::size_t count =
      ZSTD_compress2(state_->context.get(), out.data(), out.size(), content.data(), content.size());
  if (ZSTD_isError(count) != 0U) {
    return fail(ExitCode::bug, "zstd: {}", ZSTD_getErrorName(count));
  }
  out.resize(count);
  return {};
}

Result<std::uint64_t> frame_length(ByteView bytes) {
  const std::size_t length = ZSTD_findFrameCompressedSize(bytes.data(), bytes.size());
  if (ZSTD_isError(length) != 0U) {
    return fail(ExitCode::format, "zstd: not a complete frame");
  }
  return length;
}

struct FrameDecompressor::State {
  State() : context(ZSTD_createDCtx()) {
    if (context) {
      ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, k_largest_window_log);
    }
  }
  struct Free {
    void operator()(ZSTD_DCtx* c) const { ZSTD_freeDCtx(c); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context;
};

FrameDecompressor::FrameDecompressor() : state_(std::make_unique<State>()) {}
FrameDecompressor::FrameDecompressor(FrameDecompressor&&) noexcept = default;
FrameDecompressor& FrameDecompressor::operator=(FrameDecompressor&&) noexcept = default;
FrameDecompressor::~FrameDecompressor() = default;

Status FrameDecompressor::decompress(ByteView frame, MutableByteView out) {
  if (!state_->context) {
    return fail(ExitCode::limit, "zstd: out of memory");
  }
  // Exactly one frame: two frames would let the same content be stored in two ways.
  KF_TRY_ASSIGN(const std::uint64_t length, frame_length(frame));
  if (length != frame.size()) {
    return fail(ExitCode::format, "zstd: not one complete frame");
  }
  if (load_le<std::uint32_t>(frame) != ZSTD_MAGICNUMBER) {
    return fail(ExitCode::format, "zstd: a frame to be skipped where content should be");
  }
  // The content size comes from the signed manifest; a frame that disagrees is refused before any work is done.
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != out.size()) {
    return fail(ExitCode::integrity, "zstd: the frame declares another content size than the manifest");
  }
  const std::size_t count =
      ZSTD_decompressDCtx(state_->context.get(), out.data(), out.size(), frame.data(), frame.size());
  if (ZSTD_isError(count) != 0U) {
    return fail(ExitCode::format, "zstd: {}", ZSTD_getErrorName(count));
  }
  if (count != out.size()) {
    return fail(ExitCode::integrity, "zstd: {} bytes of content where {} were declared", count, out.size());
  }
  return {};
}

}  // namespace kubeferry::archive
