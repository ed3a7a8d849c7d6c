// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/encoding.hpp>

#include <algorithm>
#include <array>
#include <mutex>
#include <vector>

#include <kubeferry/archive/raw_frame.hpp>
#include <kubeferry/archive/zstd_stream.hpp>

namespace kubeferry::bundle {

namespace {

class RawContent final : public BlobContent {
public:
  RawContent(const BlobRow& row, std::shared_ptr<const RandomSource> payload)
      : size_(row.size), offset_(row.offset), payload_(std::move(payload)) {}

  [[nodiscard]] std::uint64_t size() const override { return size_; }

  Status read_at(std::uint64_t offset, MutableByteView buffer) const override {
    if (offset > size_ || buffer.size() > size_ - offset) {
      return fail(ExitCode::format, "read past the end of a blob");
    }
    while (!buffer.empty()) {
      const std::uint64_t piece = std::min<std::uint64_t>(archive::raw_contiguous_bytes(size_, offset), buffer.size());
      KF_TRY(payload_->read_at(offset_ + archive::raw_stored_position(size_, offset),
                               buffer.first(static_cast<std::size_t>(piece))));
      buffer = buffer.subspan(static_cast<std::size_t>(piece));
      offset += piece;
    }
    return {};
  }

  [[nodiscard]] std::optional<StoredSpan> stored_span(std::uint64_t offset) const override {
    if (offset >= size_) {
      return std::nullopt;
    }
    return StoredSpan{offset_ + archive::raw_stored_position(size_, offset),
                      archive::raw_contiguous_bytes(size_, offset)};
  }

private:
  std::uint64_t size_;
  std::uint64_t offset_;
  std::shared_ptr<const RandomSource> payload_;
};

/// Frames of k_zstd_piece_bytes of content each. Their stored lengths are found by walking the frames once; the last
/// decompressed piece is kept, because readers go forwards.
class ZstdContent final : public BlobContent {
public:
  ZstdContent(const BlobRow& row, std::shared_ptr<const RandomSource> payload)
      : size_(row.size), offset_(row.offset), stored_(row.stored), payload_(std::move(payload)) {}

  [[nodiscard]] std::uint64_t size() const override { return size_; }

  Status read_at(std::uint64_t offset, MutableByteView buffer) const override {
    if (offset > size_ || buffer.size() > size_ - offset) {
      return fail(ExitCode::format, "read past the end of a blob");
    }
    const std::lock_guard lock(mutex_);
    while (!buffer.empty()) {
      const std::uint64_t piece = offset / k_zstd_piece_bytes;
      KF_TRY(load(piece));
      const std::uint64_t inside = offset % k_zstd_piece_bytes;
      const std::size_t count =
          static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), current_.size() - inside));
      std::copy_n(current_.begin() + static_cast<std::ptrdiff_t>(inside), count, buffer.begin());
      buffer = buffer.subspan(count);
      offset += count;
    }
    return {};
  }

  [[nodiscard]] std::optional<StoredSpan> stored_span(std::uint64_t) const override { return std::nullopt; }

private:
  [[nodiscard]] std::uint64_t piece_size(std::uint64_t piece) const {
    return std::min(k_zstd_piece_bytes, size_ - piece * k_zstd_piece_bytes);
  }

  /// Reads the stored bytes of frame number starts_.size() - 1 and learns where the next one starts.
  Status read_frame(std::uint64_t piece, Bytes& frame) const {
    const std::uint64_t start = starts_[static_cast<std::size_t>(piece)];
    const std::uint64_t most = archive::FrameCompressor::bound(piece_size(piece));
    frame.resize(static_cast<std::size_t>(std::min(stored_ - start, most)));
    KF_TRY(payload_->read_at(offset_ + start, frame));
    KF_TRY_ASSIGN(const std::uint64_t length, archive::frame_length(frame));
    frame.resize(static_cast<std::size_t>(length));
    if (starts_.size() == piece + 1) {
      starts_.push_back(start + length);
    }
    return {};
  }

  Status load(std::uint64_t piece) const {
    if (current_piece_ == piece) {
      return {};
    }
    while (starts_.size() <= piece) {
      KF_TRY(read_frame(starts_.size() - 1, frame_));
    }
    KF_TRY(read_frame(piece, frame_));
    current_piece_.reset();
    current_.resize(static_cast<std::size_t>(piece_size(piece)));
    KF_TRY(decompressor_.decompress(frame_, current_));
    current_piece_ = piece;
    return {};
  }

  std::uint64_t size_;
  std::uint64_t offset_;
  std::uint64_t stored_;
  std::shared_ptr<const RandomSource> payload_;
  mutable std::mutex mutex_;
  mutable std::vector<std::uint64_t> starts_ = {0};
  mutable std::optional<std::uint64_t> current_piece_;
  mutable Bytes current_;
  mutable Bytes frame_;
  mutable archive::FrameDecompressor decompressor_;
};

struct Encoding {
  std::string_view name;
  bool (*possible)(const BlobRow&);
  std::unique_ptr<BlobContent> (*open)(const BlobRow&, std::shared_ptr<const RandomSource>);
};

bool raw_possible(const BlobRow& row) {
  return row.stored == (row.size == 0 ? 0 : archive::raw_stored_bytes(row.size));
}

bool zstd_possible(const BlobRow& row) {
  // A frame takes at least 9 bytes and at most a little more than its content.
  const std::uint64_t pieces = (row.size + k_zstd_piece_bytes - 1) / k_zstd_piece_bytes;
  return row.stored >= pieces * 9 && row.stored <= pieces * archive::FrameCompressor::bound(k_zstd_piece_bytes);
}

template <class Content>
std::unique_ptr<BlobContent> open_as(const BlobRow& row, std::shared_ptr<const RandomSource> payload) {
  return std::make_unique<Content>(row, std::move(payload));
}

constexpr std::array<Encoding, 2> k_encodings = {
    Encoding{k_raw, raw_possible, open_as<RawContent>},
    Encoding{k_zstd, zstd_possible, open_as<ZstdContent>},
};

Result<const Encoding*> find_encoding(const BlobRow& row) {
  const auto found = std::find_if(k_encodings.begin(), k_encodings.end(),
                                  [&](const Encoding& encoding) { return encoding.name == row.encoding; });
  if (found == k_encodings.end()) {
    return Failure(Error{ExitCode::format,
                         fmt::format("blob {} is stored as \"{}\", which this kubeferry cannot read",
                                     row.digest.to_string(), row.encoding),
                         "use a newer kubeferry",
                         {}});
  }
  return &*found;
}

}  // namespace

Result<std::unique_ptr<BlobContent>> open_content(const BlobRow& row, std::shared_ptr<const RandomSource> payload) {
  KF_TRY_ASSIGN(const Encoding* encoding, find_encoding(row));
  return encoding->open(row, std::move(payload));
}

Status check_encoding(const BlobRow& row) {
  KF_TRY_ASSIGN(const Encoding* encoding, find_encoding(row));
  if (!encoding->possible(row)) {
    return fail(ExitCode::format, "blob {}: {} bytes cannot be stored as {} in {} bytes", row.digest.to_string(),
                row.size, row.encoding, row.stored);
  }
  return {};
}

}  // namespace kubeferry::bundle
