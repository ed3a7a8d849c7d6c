// SPDX-License-Identifier: Apache-2.0
#include "served_bundle.hpp"

#include <algorithm>

namespace kubeferry::installer {

using registry_server::BlobReader;
using registry_server::FileSpan;
using registry_server::ManifestEntry;
using registry_server::RepositoryName;

namespace {

class MemoryBlob final : public BlobReader {
public:
  explicit MemoryBlob(std::shared_ptr<const Bytes> bytes) : bytes_(std::move(bytes)) {}

  [[nodiscard]] std::uint64_t size() const override { return bytes_->size(); }

  Status read_at(std::uint64_t offset, MutableByteView buffer) const override {
    std::ranges::copy(ByteView(*bytes_).subspan(static_cast<std::size_t>(offset), buffer.size()), buffer.begin());
    return {};
  }

private:
  std::shared_ptr<const Bytes> bytes_;
};

/// A piece of the payload as it is stored.
class ChunkBlob final : public BlobReader {
public:
  ChunkBlob(std::shared_ptr<const bundle::Bundle> bundle, std::size_t index)
      : bundle_(std::move(bundle)), start_(index * bundle_->payload().chunk_size()) {}

  [[nodiscard]] std::uint64_t size() const override {
    return std::min(bundle_->payload().chunk_size(), bundle_->payload().size() - start_);
  }

  Status read_at(std::uint64_t offset, MutableByteView buffer) const override {
    return bundle_->payload().read_at(start_ + offset, buffer);
  }

  [[nodiscard]] std::optional<FileSpan> span_at(std::uint64_t offset) const override {
    const bundle::VerifiedPayload& payload = bundle_->payload();
    // What fails here fails in read_at() again, which can say so.
    const auto in_place = payload.verified_in_place(start_ + offset, size() - offset);
    if (!in_place || !*in_place) {
      return std::nullopt;
    }
    return FileSpan{payload.fd(), payload.file_offset() + start_ + offset, size() - offset};
  }

private:
  std::shared_ptr<const bundle::Bundle> bundle_;
  std::uint64_t start_;
};

std::shared_ptr<const Bytes> shared_copy(ByteView bytes) {
  return std::make_shared<const Bytes>(bytes.begin(), bytes.end());
}

}  // namespace

bool ServedBundles::answers(const RepositoryName& name) noexcept {
  return name.path == k_bundle_repository && (name.host.empty() || name.host == "kubeferry.local");
}

Status ServedBundles::add(std::shared_ptr<const bundle::Bundle> bundle) {
  KF_TRY_ASSIGN(BundleArtifact artifact, make_bundle_artifact(*bundle));
  for (const std::string& tag : artifact.tags) {
    tags_.try_emplace(tag, artifact.manifests.back().digest);
  }
  for (oci::ManifestBytes& manifest : artifact.manifests) {
    const crypto::Digest digest = manifest.digest;
    manifests_.try_emplace(digest, std::move(manifest));
  }
  small_.try_emplace(artifact.front_layer.digest, std::make_shared<const Bytes>(std::move(artifact.front)));
  small_.try_emplace(empty_config().digest, shared_copy(as_byte_view(k_empty_config)));
  const auto& chunks = bundle->manifest().chunks;
  for (std::size_t n = 0; n < chunks.size(); ++n) {
    chunks_.try_emplace(chunks[n], Chunk{bundle, n});
  }
  return {};
}

std::vector<std::string> ServedBundles::tags() const {
  std::vector<std::string> out;
  for (const auto& [tag, digest] : tags_) {
    out.push_back(tag);
  }
  return out;
}

std::optional<ManifestEntry> ServedBundles::by_tag(std::string_view tag) const {
  const auto found = tags_.find(tag);
  return found == tags_.end() ? std::nullopt : by_digest(found->second);
}

std::optional<ManifestEntry> ServedBundles::by_digest(const crypto::Digest& digest) const {
  const auto found = manifests_.find(digest);
  if (found == manifests_.end()) {
    return std::nullopt;
  }
  return ManifestEntry{digest, found->second.media_type, found->second.bytes.size()};
}

std::optional<std::string> ServedBundles::manifest_bytes(const crypto::Digest& digest) const {
  const auto found = manifests_.find(digest);
  return found == manifests_.end() ? std::nullopt : std::optional(std::string(as_text(found->second.bytes)));
}

std::shared_ptr<const BlobReader> ServedBundles::open(const crypto::Digest& digest) const {
  if (const auto found = small_.find(digest); found != small_.end()) {
    return std::make_shared<MemoryBlob>(found->second);
  }
  if (const auto found = chunks_.find(digest); found != chunks_.end()) {
    return std::make_shared<ChunkBlob>(found->second.bundle, found->second.index);
  }
  return nullptr;
}

}  // namespace kubeferry::installer
