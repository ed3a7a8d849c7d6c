// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <kubeferry/archive/raw_frame.hpp>
#include <kubeferry/crypto/hasher.hpp>

#include "writer_state.hpp"

namespace kubeferry::bundle {

namespace {
constexpr std::uint64_t k_journal_every = std::uint64_t{4} * 1024 * 1024;
}

class Writer::Slot final : public RawSlot {
public:
  Slot(State& state, std::size_t row) : state_(&state), row_(row), blob_(&state.plan.rows[row]) {}

  /// Takes up what an earlier run left. What is there is hashed again, so a journal that promises too much (after a
  /// power cut) is found out at finish().
  Status resume() {
    const std::uint64_t there = std::min(state_->journal.raw_bytes(row_), blob_->size);
    Bytes buffer(static_cast<std::size_t>(archive::k_raw_block_bytes));
    while (received_ < there) {
      const auto count =
          static_cast<std::size_t>(std::min(archive::raw_contiguous_bytes(blob_->size, received_), there - received_));
      const MutableByteView piece = MutableByteView(buffer).first(count);
      KF_TRY(
          read_exactly_at(state_->fd.get(),
                          state_->payload_offset + blob_->offset + archive::raw_stored_position(blob_->size, received_),
                          piece, state_->name()));
      hasher_.update(piece);
      const std::uint64_t framing = archive::raw_framing(blob_->size, received_).length;
      KF_TRY(state_->hashes.wrote(stored_position() - framing, count + framing));
      received_ += count;
    }
    journaled_ = received_;
    return {};
  }

  [[nodiscard]] std::uint64_t received() const override { return received_; }

  Status write(ByteView bytes) override {
    if (bytes.size() > blob_->size - received_) {
      return fail(ExitCode::integrity, "{}: is longer than its {} bytes", blob_->digest.to_string(), blob_->size);
    }
    hasher_.update(bytes);
    while (!bytes.empty()) {
      const auto count = static_cast<std::size_t>(
          std::min<std::uint64_t>(archive::raw_contiguous_bytes(blob_->size, received_), bytes.size()));
      const auto framing = archive::raw_framing(blob_->size, received_);
      const std::uint64_t at = stored_position();
      if (framing.length > 0) {
        KF_TRY(write_all_at(state_->fd.get(), state_->payload_offset + at - framing.length, framing.view(),
                            state_->name()));
      }
      KF_TRY(write_all_at(state_->fd.get(), state_->payload_offset + at, bytes.first(count), state_->name()));
      KF_TRY(state_->hashes.wrote(at - framing.length, count + framing.length));
      received_ += count;
      bytes = bytes.subspan(count);
    }
    if (received_ - journaled_ >= k_journal_every) {
      journaled_ = received_;
      KF_TRY(state_->journal.record_raw(row_, received_));
    }
    return {};
  }

  Status restart() override {
    if (received_ > 0) {
      // From the blob's first framing byte to the last content byte: exactly what was reported as written.
      const std::uint64_t last = blob_->offset + archive::raw_stored_position(blob_->size, received_ - 1) + 1;
      state_->hashes.unwrote(blob_->offset, last - blob_->offset);
      KF_TRY(state_->journal.record_raw(row_, 0));
    }
    received_ = 0;
    journaled_ = 0;
    hasher_.reset();
    return {};
  }

  Status finish() override {
    const crypto::Digest actual = hasher_.finish();
    if (received_ != blob_->size || actual != blob_->digest) {
      const std::uint64_t had = received_;
      KF_TRY(restart());
      return fail(ExitCode::integrity, "{}: what came is {} ({} bytes of {})", blob_->digest.to_string(),
                  actual.to_string(), had, blob_->size);
    }
    KF_TRY(state_->journal.record_raw(row_, received_));
    state_->done[row_] = true;
    return {};
  }

private:
  [[nodiscard]] std::uint64_t stored_position() const {
    return blob_->offset + archive::raw_stored_position(blob_->size, received_);
  }

  State* state_;
  std::size_t row_;
  const BlobRow* blob_;
  crypto::Hasher hasher_;
  std::uint64_t received_ = 0;
  std::uint64_t journaled_ = 0;
};

std::unique_ptr<RawSlot> Writer::fresh_slot(std::size_t row) { return std::make_unique<Slot>(*state_, row); }

Result<std::unique_ptr<RawSlot>> Writer::raw(std::size_t row) {
  auto slot = std::make_unique<Slot>(*state_, row);
  KF_TRY(slot->resume());
  return std::unique_ptr<RawSlot>(std::move(slot));
}

}  // namespace kubeferry::bundle
