// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/bundle.hpp>

#include <algorithm>

#include <kubeferry/crypto/dsse.hpp>
#include <kubeferry/crypto/hasher.hpp>

namespace kubeferry::bundle {

Result<std::shared_ptr<const Bundle>> Bundle::open(const std::filesystem::path& path, const crypto::Keyset& trust,
                                                   Reread reread) {
  std::shared_ptr<Bundle> bundle(new Bundle);
  bundle->name_ = path.native();
  KF_TRY_ASSIGN(FileRandomSource file, FileRandomSource::open(path));
  bundle->file_ = std::make_shared<const FileRandomSource>(std::move(file));
  KF_TRY_ASSIGN(bundle->front_, read_front(*bundle->file_, bundle->name_));

  const Front& front = bundle->front_;
  const auto named = [&](Error& error) { return Failure(std::move(error).prefixed(bundle->name_)); };
  auto envelope = crypto::Envelope::parse(front.envelope, "its envelope");
  if (!envelope) {
    return named(envelope.error());
  }
  auto signers = crypto::verify_signatures(trust, k_payload_type, as_byte_view(front.manifest), *envelope);
  if (!signers) {
    return named(signers.error());
  }
  bundle->signers_ = std::move(*signers);
  // Only now is the manifest more than a row of bytes.
  auto manifest = parse_manifest(front.manifest);
  if (!manifest) {
    return named(manifest.error());
  }
  bundle->manifest_ = std::move(*manifest);
  bundle->manifest_digest_ = crypto::Digest::of(as_byte_view(front.manifest));
  KF_TRY(bundle->check_length());

  const Manifest& m = bundle->manifest_;
  bundle->payload_ = std::make_shared<const VerifiedPayload>(bundle->file_, front.header.payload_offset,
                                                             m.payload_length, m.chunk_size, m.chunks, reread);
  bundle->rows_.reserve(m.blobs.size());
  for (std::size_t n = 0; n < m.blobs.size(); ++n) {
    bundle->rows_.emplace(m.blobs[n].digest, n);
  }
  return std::shared_ptr<const Bundle>(std::move(bundle));
}

Status Bundle::check_length() const {
  const Header& header = front_.header;
  if (header.payload_length != manifest_.payload_length) {
    return fail(ExitCode::format, "{}: its header and its manifest state different lengths", name_);
  }
  const std::uint64_t promised = header.payload_offset + manifest_.payload_length;
  if (file_->size() > promised) {
    return fail(ExitCode::format, "{}: {} bytes follow its end", name_, file_->size() - promised);
  }
  if (file_->size() < promised) {
    const std::uint64_t there = file_->size() - header.payload_offset;
    const auto cut = std::find_if(manifest_.blobs.begin(), manifest_.blobs.end(),
                                  [&](const BlobRow& row) { return row.offset + row.stored > there; });
    return Failure(
        Error{ExitCode::format,
              fmt::format("{}: is cut off: {} of {} bytes are there, and it ends in {}", name_, file_->size(), promised,
                          cut == manifest_.blobs.end() ? "its seek table" : cut->tar_name()),
              "copy the bundle again from its source",
              {}});
  }
  return {};
}

const BlobRow* Bundle::find(const crypto::Digest& digest) const {
  const auto found = rows_.find(digest);
  return found == rows_.end() ? nullptr : &manifest_.blobs[found->second];
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
