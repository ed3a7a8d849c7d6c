// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <future>
#include <optional>

#include <kubeferry/base/workers.hpp>
#include <kubeferry/bundle/encoding.hpp>
#include <kubeferry/bundle/layout.hpp>
#include <kubeferry/crypto/hasher.hpp>

#include "writer_state.hpp"

namespace kubeferry::bundle {

namespace {

/// Some pieces of content and the frames they become.
struct Batch {
  std::vector<Bytes> content;
  std::vector<Bytes> frames;
};

/// Reads up to `pieces` pieces, hashing them. A shorter batch means the end.
Result<Batch> read_batch(Source& source, std::size_t pieces, crypto::Hasher& hasher) {
  Batch batch;
  while (batch.content.size() < pieces) {
    Bytes piece(static_cast<std::size_t>(k_zstd_piece_bytes));
    std::size_t filled = 0;
    while (filled < piece.size()) {
      KF_TRY_ASSIGN(const std::size_t count, source.read(MutableByteView(piece).subspan(filled)));
      if (count == 0) {
        break;
      }
      filled += count;
    }
    piece.resize(filled);
    if (filled > 0) {
      hasher.update(piece);
      batch.content.push_back(std::move(piece));
    }
    if (filled < k_zstd_piece_bytes) {
      break;
    }
  }
  batch.frames.resize(batch.content.size());
  return batch;
}

}  // namespace

/// Reading the next batch goes on while the last one is compressed, so that network and processors work together.
Status Writer::put(std::size_t row, Source& content, std::size_t threads) {
  State& state = *state_;
  if (row != state.next_compressed) {
    return fail(ExitCode::bug, "compressed rows must be put in order");
  }
  BlobRow& blob = state.plan.rows[row];
  const std::uint64_t previous = row == 0 ? 0 : state.plan.rows[row - 1].size;
  place_rows(state.plan.rows, row);
  KF_TRY_ASSIGN(const Bytes glue, glue_before(blob, previous));

  std::vector<archive::FrameCompressor> compressors;
  for (std::size_t n = 0; n < std::max<std::size_t>(threads, 1); ++n) {
    compressors.emplace_back(state.plan.level);
  }
  crypto::Hasher hasher;
  std::vector<archive::FrameSize> frames;
  std::uint64_t stored = 0;
  std::uint64_t taken = 0;
  KF_TRY_ASSIGN(Batch batch, read_batch(content, compressors.size(), hasher));
  while (!batch.content.empty()) {
    auto compressed = std::async(std::launch::async, [&] {
      return for_each_index(batch.content.size(), compressors.size(), {},
                            [&](std::size_t n) { return compressors[n].compress(batch.content[n], batch.frames[n]); });
    });
    auto next = read_batch(content, compressors.size(), hasher);
    KF_TRY(compressed.get());
    for (std::size_t n = 0; n < batch.frames.size(); ++n) {
      taken += batch.content[n].size();
      if (taken > blob.size) {
        return fail(ExitCode::integrity, "{}: is longer than its {} bytes", blob.digest.to_string(), blob.size);
      }
      // Nothing is reported to the chunk hashes yet: the row may still turn out to be wrong.
      KF_TRY(write_all_at(state.fd.get(), state.payload_offset + blob.offset + stored, batch.frames[n], state.name()));
      frames.push_back(
          {static_cast<std::uint32_t>(batch.frames[n].size()), static_cast<std::uint32_t>(batch.content[n].size())});
      stored += batch.frames[n].size();
    }
    KF_TRY(next);
    batch = std::move(*next);
  }
  const crypto::Digest actual = hasher.finish();
  if (taken != blob.size || actual != blob.digest) {
    return fail(ExitCode::integrity, "{}: what came is {} ({} bytes of {})", blob.digest.to_string(),
                actual.to_string(), taken, blob.size);
  }
  blob.stored = stored;
  KF_TRY(state.place(blob.offset - glue.size(), glue));
  KF_TRY(state.hashes.wrote(blob.offset, stored));
  KF_TRY(state.journal.record_frames(row, frames));
  state.frames[row] = std::move(frames);
  state.done[row] = true;
  state.next_compressed = row + 1;
  return {};
}

/// Takes up the compressed rows that an earlier run completed, as far as they follow each other and are what they
/// should be: each is decompressed and hashed.
Status Writer::resume_compressed() {
  State& state = *state_;
  state.next_compressed = state.plan.fixed;
  for (std::size_t row = state.plan.fixed; row < state.plan.rows.size(); ++row) {
    const auto* frames = state.journal.frames(row);
    if (frames == nullptr) {
      return {};
    }
    BlobRow& blob = state.plan.rows[row];
    place_rows(state.plan.rows, row);
    archive::FrameDecompressor decompressor;
    crypto::Hasher hasher;
    std::uint64_t stored = 0;
    std::uint64_t taken = 0;
    Bytes frame;
    Bytes content;
    for (const auto& size : *frames) {
      if (size.content > k_zstd_piece_bytes || size.stored > archive::FrameCompressor::bound(k_zstd_piece_bytes)) {
        return {};
      }
      frame.resize(size.stored);
      content.resize(size.content);
      if (!read_exactly_at(state.fd.get(), state.payload_offset + blob.offset + stored, frame, state.name()) ||
          !decompressor.decompress(frame, content)) {
        return {};
      }
      hasher.update(content);
      stored += size.stored;
      taken += size.content;
    }
    if (taken != blob.size || hasher.finish() != blob.digest) {
      return {};
    }
    blob.stored = stored;
    KF_TRY_ASSIGN(const Bytes glue, glue_before(blob, row == 0 ? 0 : state.plan.rows[row - 1].size));
    KF_TRY(state.place(blob.offset - glue.size(), glue));
    KF_TRY(state.hashes.wrote(blob.offset, stored));
    state.frames[row] = *frames;
    state.done[row] = true;
    state.next_compressed = row + 1;
  }
  return {};
}

}  // namespace kubeferry::bundle
