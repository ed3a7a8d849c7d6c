// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>

#include <kubeferry/archive/raw_frame.hpp>

#include "gathered_write.hpp"
#include "writer_state.hpp"

namespace kubeferry::bundle {

namespace {
constexpr std::uint64_t k_journal_every = std::uint64_t{4} * 1024 * 1024;
// What comes from the network comes in records of 16 KiB; hashing with others and writing pay from some 100 KiB on.
constexpr std::size_t k_gathered_bytes = std::size_t{256} * 1024;
}  // namespace

class Writer::Slot final : public RawSlot {
public:
  Slot(State& state, std::size_t row)
      : state_(&state), row_(row), blob_(&state.plan.rows[row]), member_(state.blob_hashes) {}

  /// Takes up what an earlier run left. What is there is hashed again, so a journal that promises too much (after a
  /// power cut) is found out at finish().
  Status resume() {
    const std::uint64_t there = std::min(state_->journal.raw_bytes(row_), blob_->size);
    Bytes buffer(static_cast<std::size_t>(archive::k_raw_block_bytes));
    while (stored_ < there) {
      const auto count =
          static_cast<std::size_t>(std::min(archive::raw_contiguous_bytes(blob_->size, stored_), there - stored_));
      const MutableByteView piece = MutableByteView(buffer).first(count);
      KF_TRY(read_exactly_at(
          state_->fd.get(), state_->payload_offset + blob_->offset + archive::raw_stored_position(blob_->size, stored_),
          piece, state_->name()));
      state_->blob_hashes.update(hash_, piece);
      const std::uint64_t framing = archive::raw_framing(blob_->size, stored_).length;
      KF_TRY(state_->hashes.wrote(stored_position() - framing, count + framing));
      stored_ += count;
    }
    journaled_ = stored_;
    return {};
  }

  [[nodiscard]] std::uint64_t received() const override { return stored_ + gathered_.size(); }

  Status write(ByteView bytes) override {
    if (bytes.size() > blob_->size - received()) {
      return fail(ExitCode::integrity, "{}: is longer than its {} bytes", blob_->digest.to_string(), blob_->size);
    }
    while (!bytes.empty()) {
      if (gathered_.empty() && bytes.size() >= k_gathered_bytes) {
        KF_TRY(store(bytes));
        break;
      }
      const std::size_t count = std::min(bytes.size(), k_gathered_bytes - gathered_.size());
      gathered_.insert(gathered_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
      bytes = bytes.subspan(count);
      if (gathered_.size() == k_gathered_bytes) {
        KF_TRY(store_gathered());
      }
    }
    return {};
  }

  Status restart() override {
    if (stored_ > 0) {
      // From the blob's first framing byte to the last content byte: exactly what was reported as written.
      const std::uint64_t last = blob_->offset + archive::raw_stored_position(blob_->size, stored_ - 1) + 1;
      state_->hashes.unwrote(blob_->offset, last - blob_->offset);
      KF_TRY(state_->journal.record_raw(row_, 0));
    }
    stored_ = 0;
    gathered_.clear();
    journaled_ = 0;
    hash_.reset();
    return {};
  }

  Status finish() override {
    KF_TRY(store_gathered());
    const crypto::Digest actual = hash_.finish();
    if (stored_ != blob_->size || actual != blob_->digest) {
      const std::uint64_t had = stored_;
      KF_TRY(restart());
      return fail(ExitCode::integrity, "{}: what came is {} ({} bytes of {})", blob_->digest.to_string(),
                  actual.to_string(), had, blob_->size);
    }
    KF_TRY(state_->journal.record_raw(row_, stored_));
    state_->done[row_] = true;
    return {};
  }

private:
  [[nodiscard]] std::uint64_t stored_position() const {
    return blob_->offset + archive::raw_stored_position(blob_->size, stored_);
  }

  Status store_gathered() {
    KF_TRY(store(gathered_));
    gathered_.clear();
    return {};
  }

  Status store(ByteView bytes) {
    if (bytes.empty()) {
      return {};
    }
    state_->blob_hashes.update(hash_, bytes);
    // Framing and content lie side by side in the file: one write for all. Writers of one file wait for each other.
    std::vector<archive::Framing> framings;
    std::vector<std::size_t> counts;
    std::uint64_t after = stored_;
    for (std::size_t left = bytes.size(); left > 0; left -= counts.back()) {
      counts.push_back(
          static_cast<std::size_t>(std::min<std::uint64_t>(archive::raw_contiguous_bytes(blob_->size, after), left)));
      framings.push_back(archive::raw_framing(blob_->size, after));
      after += counts.back();
    }
    std::vector<ByteView> parts;
    for (std::size_t n = 0; n < counts.size(); ++n) {
      parts.push_back(framings[n].view());
      parts.push_back(bytes.first(counts[n]));
      bytes = bytes.subspan(counts[n]);
    }
    const std::uint64_t start = stored_position() - framings.front().length;
    KF_TRY_ASSIGN(const std::uint64_t written,
                  write_parts_at(state_->fd.get(), state_->payload_offset + start, parts, state_->name()));
    stored_ = after;
    KF_TRY(state_->hashes.wrote(start, written));
    if (stored_ - journaled_ >= k_journal_every) {
      start_writing_back(journaled_, stored_);
      journaled_ = stored_;
      KF_TRY(state_->journal.record_raw(row_, stored_));
    }
    return {};
  }

  /// Has the kernel write content bytes [from, to) to the disk while more of them arrive: else finish() waits for all
  /// of it in its fsync(2). Only a hint; what it cannot do, fsync does.
  void start_writing_back(std::uint64_t from, std::uint64_t to) const {
    const std::uint64_t first = blob_->offset + archive::raw_stored_position(blob_->size, from);
    const std::uint64_t last = blob_->offset + archive::raw_stored_position(blob_->size, to - 1) + 1;
    static_cast<void>(::sync_file_range(state_->fd.get(), static_cast<off64_t>(state_->payload_offset + first),
                                        static_cast<off64_t>(last - first), SYNC_FILE_RANGE_WRITE));
  }

  State* state_;
  std::size_t row_;
  const BlobRow* blob_;
  crypto::HashQueue::Member member_;
  crypto::Sha256 hash_;
  std::uint64_t stored_ = 0;  ///< content bytes in the file
  Bytes gathered_;            ///< those that follow and wait to be worth storing
  std::uint64_t journaled_ = 0;
};

std::unique_ptr<RawSlot> Writer::fresh_slot(std::size_t row) { return std::make_unique<Slot>(*state_, row); }

Result<std::unique_ptr<RawSlot>> Writer::raw(std::size_t row) {
  auto slot = std::make_unique<Slot>(*state_, row);
  KF_TRY(slot->resume());
  return std::unique_ptr<RawSlot>(std::move(slot));
}

}  // namespace kubeferry::bundle
