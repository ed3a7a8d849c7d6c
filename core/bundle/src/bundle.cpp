// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/bundle.hpp>

#include <algorithm>

#include <kubeferry/crypto/hasher.hpp>

namespace kubeferry::bundle {

Result<std::shared_ptr<const Bundle>> Bundle::open(const std::filesystem::path& path, const crypto::Keyset& trust,
                                                   Reread reread) {
  std::shared_ptr<Bundle> bundle(new Bundle);
  bundle->name_ = path.native();
  KF_TRY_ASSIGN(FileRandomSource file, FileRandomSource::open(path));
  bundle->file_ = std::make_shared<const FileRandomSource>(std::move(file));
  KF_TRY_ASSIGN(Front front, read_front(*bundle->file_, bundle->name_));
  KF_TRY_ASSIGN(bundle->signed_, verify_front(std::move(front), trust, bundle->name_));
  KF_TRY(bundle->check_length());

  const Manifest& m = bundle->manifest();
  bundle->payload_ = std::make_shared<const VerifiedPayload>(bundle->file_, bundle->front().header.payload_offset,
                                                             m.payload_length, m.chunk_size, m.chunks, reread);
  bundle->rows_.reserve(m.blobs.size());
  for (std::size_t n = 0; n < m.blobs.size(); ++n) {
    bundle->rows_.emplace(m.blobs[n].digest, n);
  }
  return std::shared_ptr<const Bundle>(std::move(bundle));
}

Status Bundle::check_length() const {
  const std::vector<BlobRow>& blobs = manifest().blobs;
  const std::uint64_t promised = front().header.payload_offset + manifest().payload_length;
  if (file_->size() > promised) {
    return fail(ExitCode::format, "{}: {} bytes follow its end", name_, file_->size() - promised);
  }
  if (file_->size() < promised) {
    const std::uint64_t there = file_->size() - front().header.payload_offset;
    const auto cut =
        std::find_if(blobs.begin(), blobs.end(), [&](const BlobRow& row) { return row.offset + row.stored > there; });
    return Failure(Error{ExitCode::format,
                         fmt::format("{}: is cut off: {} of {} bytes are there, and it ends in {}", name_,
                                     file_->size(), promised, cut == blobs.end() ? "its seek table" : cut->tar_name()),
                         "copy the bundle again from its source",
                         {}});
  }
  return {};
}

const BlobRow* Bundle::find(const crypto::Digest& digest) const {
  const auto found = rows_.find(digest);
  return found == rows_.end() ? nullptr : &manifest().blobs[found->second];
}

Result<std::shared_ptr<const BlobContent>> Bundle::content(const crypto::Digest& digest) const {
  const BlobRow* row = find(digest);
  if (row == nullptr) {
    return fail(ExitCode::usage, "{}: holds no blob {}", name_, digest.to_string());
  }
  KF_TRY_ASSIGN(auto content, open_content(*row, payload_));
  return std::shared_ptr<const BlobContent>(std::move(content));
}

Result<std::unique_ptr<Source>> Bundle::stream(const crypto::Digest& digest) const {
  KF_TRY_ASSIGN(auto blob, content(digest));
  const std::uint64_t size = blob->size();
  return std::unique_ptr<Source>(std::make_unique<crypto::VerifyingSource>(
      std::make_unique<ContentSource>(std::move(blob)), digest, size, digest.to_string()));
}

Result<Bytes> Bundle::read(const crypto::Digest& digest, std::uint64_t limit) const {
  KF_TRY_ASSIGN(const auto source, stream(digest));
  return read_all(*source, limit, digest.to_string());
}

Result<std::size_t> ContentSource::read(MutableByteView buffer) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), content_->size() - position_));
  KF_TRY(content_->read_at(position_, buffer.first(count)));
  position_ += count;
  return count;
}

}  // namespace kubeferry::bundle
