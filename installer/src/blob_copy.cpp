// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include <kubeferry/base/workers.hpp>

#include "mirror_run.hpp"

namespace kubeferry::installer {

namespace {

/// Tells the progress of one blob, whose upload may start over: only what goes beyond the last attempt counts.
class BlobProgress {
public:
  BlobProgress(Progress* progress, std::uint64_t size) : progress_(progress), size_(size) {}
  void reached(std::uint64_t position) {
    const std::uint64_t here = std::min(position, size_);
    if (progress_ != nullptr && here > reported_) {
      progress_->add(here - reported_);
      reported_ = here;
    }
  }
  void finished() { reached(size_); }

private:
  Progress* progress_;
  std::uint64_t size_;
  std::uint64_t reported_ = 0;
};

/// A blob in pieces that end where a chunk of the bundle ends, so that each chunk is read and hashed once, whatever
/// the other threads do to the payload's small cache. The target checks the digest of the whole, so we do not.
class UploadSource final : public Source {
public:
  UploadSource(std::shared_ptr<const bundle::Bundle> bundle, std::shared_ptr<const bundle::BlobContent> content,
               BlobProgress& progress)
      : bundle_(std::move(bundle)),
        content_(std::move(content)),
        progress_(progress),
        reader_(bundle_->payload().bulk_reader()) {}

  Result<std::size_t> read(MutableByteView buffer) override {
    if (taken_ == piece_.size()) {
      KF_TRY(refill());
    }
    const std::size_t count = std::min(buffer.size(), piece_.size() - taken_);
    std::copy_n(piece_.begin() + static_cast<std::ptrdiff_t>(taken_), count, buffer.begin());
    taken_ += count;
    progress_.reached(position_ - (piece_.size() - taken_));
    return count;
  }

private:
  Status refill() {
    taken_ = 0;
    const auto length = static_cast<std::size_t>(piece_length());
    storage_.resize(std::max(storage_.size(), length));
    piece_ = MutableByteView(storage_).first(length);
    KF_TRY(content_->read_at(position_, piece_));
    position_ += piece_.size();
    return {};
  }

  [[nodiscard]] std::uint64_t piece_length() const {
    const std::uint64_t chunk = bundle_->payload().chunk_size();
    std::uint64_t end = position_;
    std::optional<std::uint64_t> limit;
    while (end < content_->size()) {
      const auto span = content_->stored_span(end);
      if (!span) {
        return std::min(chunk, content_->size() - position_);
      }
      limit = limit.value_or((span->payload_offset / chunk + 1) * chunk);
      if (span->payload_offset >= *limit) {
        break;
      }
      const std::uint64_t count = std::min(span->length, *limit - span->payload_offset);
      end += count;
      if (count < span->length) {
        break;
      }
    }
    return end - position_;
  }

  std::shared_ptr<const bundle::Bundle> bundle_;
  std::shared_ptr<const bundle::BlobContent> content_;
  BlobProgress& progress_;
  crypto::HashQueue::Member reader_;
  Bytes storage_;          // grows to the largest piece: shrinking and growing again would clear it each time
  MutableByteView piece_;  // its start
  std::size_t taken_ = 0;
  std::uint64_t position_ = 0;  // behind the piece
};

/// One blob on its way to all repositories that need it.
class BlobCopy {
public:
  BlobCopy(MirrorRun& run, const PlannedBlob& planned)
      : run_(run), planned_(planned), blob_(planned.blob), progress_(run.options().progress, planned.blob.size) {}

  Status all() {
    std::vector<std::string> lacking;
    for (const std::string& repository : planned_.repositories) {
      auto there = is_there(repository);
      if (!there) {
        KF_TRY(failed(repository, std::move(there).error()));
      } else if (!*there) {
        lacking.push_back(repository);
      }
    }
    for (const std::string& repository : lacking) {
      if (run_.dry()) {
        run_.missing(name(repository), "is not there", ExitCode::ok);
      } else if (Status status = bring(repository); !status) {
        KF_TRY(failed(repository, std::move(status).error()));
      }
    }
    progress_.finished();
    return {};
  }

private:
  [[nodiscard]] std::string name(const std::string& repository) const {
    return run_.name(repository, {}, blob_.digest);
  }

  Status failed(const std::string& repository, Error error) {
    run_.blob_failed(repository, blob_.digest);
    return run_.failed(name(repository), std::move(error));
  }

  Result<bool> is_there(const std::string& repository) {
    KF_TRY_ASSIGN(const auto size, run_.client().blob_size(run_.at(repository), blob_.digest));
    if (!size || *size != blob_.size) {
      return false;
    }
    home_ = repository;
    run_.update([&](MirrorResult& result) {
      ++result.blobs_present;
      result.bytes_present += blob_.size;
    });
    return true;
  }

  Status bring(const std::string& repository) {
    if (home_) {
      KF_TRY_ASSIGN(const auto mounted, run_.client().mount_blob(run_.at(repository), blob_.digest, *home_));
      if (mounted == registry::MountResult::mounted) {
        run_.update([&](MirrorResult& result) {
          ++result.blobs_mounted;
          result.bytes_mounted += blob_.size;
        });
        run_.sent(SentBlob{repository, blob_});
        return {};
      }
    }
    KF_TRY(push(repository));
    home_ = repository;
    run_.update([&](MirrorResult& result) {
      ++result.blobs_pushed;
      result.bytes_pushed += blob_.size;
    });
    run_.sent(SentBlob{repository, blob_});
    return {};
  }

  Status push(const std::string& repository) {
    const auto bundle = run_.bundles().holder(blob_.digest);
    if (bundle == nullptr) {
      return Failure(Error{ExitCode::usage,
                           fmt::format("none of the bundles holds {}", name(repository)),
                           "this looks like a delta: name the bundle it builds on, too, or mirror that one first",
                           {}});
    }
    KF_TRY_ASSIGN(const auto content, bundle->content(blob_.digest));
    if (content->size() != blob_.size) {
      return fail(ExitCode::integrity, "{}: has {} bytes, and its manifest says {}", name(repository), content->size(),
                  blob_.size);
    }
    run_.detail(fmt::format("sending {}", name(repository)));
    return run_.client().push_blob(run_.at(repository), blob_, [&]() -> Result<std::unique_ptr<Source>> {
      return std::make_unique<UploadSource>(bundle, content, progress_);
    });
  }

  MirrorRun& run_;
  const PlannedBlob& planned_;
  const oci::Descriptor& blob_;
  BlobProgress progress_;
  std::optional<std::string> home_;  // a repository of the target that has it
};

}  // namespace

Status copy_blobs(MirrorRun& run, const std::vector<PlannedBlob>& blobs) {
  return for_each_index(blobs.size(), run.options().jobs, run.options().stop,
                        [&](std::size_t n) { return BlobCopy(run, blobs[n]).all(); });
}

}  // namespace kubeferry::installer
