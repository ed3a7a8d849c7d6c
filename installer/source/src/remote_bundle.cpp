// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <unordered_map>

#include <kubeferry/base/text.hpp>
#include <kubeferry/bundle/encoding.hpp>
#include <kubeferry/crypto/hasher.hpp>
#include <kubeferry/installer/bundle_artifact.hpp>
#include <kubeferry/source/remote.hpp>

#include "chunk_cache.hpp"
#include "registries.hpp"

namespace kubeferry::source {

namespace {

/// Says which file it was that could not be read: a chunk's digest alone tells nobody.
class NamedSource final : public Source {
public:
  NamedSource(std::unique_ptr<Source> inner, std::string name) : inner_(std::move(inner)), name_(std::move(name)) {}

  Result<std::size_t> read(MutableByteView buffer) override {
    auto count = inner_->read(buffer);
    if (!count) {
      return Failure(std::move(count).error().prefixed(name_));
    }
    return count;
  }

private:
  std::unique_ptr<Source> inner_;
  std::string name_;
};

Result<Bytes> chunk_from(const Registries& registries, const bundle::Manifest& manifest, std::size_t index) {
  oci::Descriptor blob;
  blob.media_type = installer::k_bundle_chunk_type;
  blob.digest = manifest.chunks.at(index);
  blob.size = std::min(manifest.chunk_size, manifest.payload_length - index * manifest.chunk_size);
  return registries.blob(blob);
}

class RemoteBundleSource final : public RemoteBundle {
public:
  RemoteBundleSource(RemoteOptions options, std::shared_ptr<const Registries> registries, Bytes front,
                     std::shared_ptr<const bundle::SignedFront> checked)
      : name_(registries->name()),
        trust_(std::move(options.trust)),
        registries_(std::move(registries)),
        front_(std::move(front)),
        checked_(std::move(checked)) {
    const bundle::Manifest& m = checked_->manifest;
    // What is handed out may outlive this: it holds what it needs.
    payload_ = std::make_shared<const ChunkCache>(ChunkCache::Options{
        m.payload_length, m.chunk_size, std::max<std::size_t>(options.transfers, 1), options.stop,
        [from = registries_, checked = checked_](std::size_t n) { return chunk_from(*from, checked->manifest, n); }});
    for (std::size_t n = 0; n < m.blobs.size(); ++n) {
      rows_.emplace(m.blobs[n].digest, n);
    }
  }

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  [[nodiscard]] const bundle::Manifest& manifest() const noexcept override { return checked_->manifest; }
  [[nodiscard]] const crypto::Digest& manifest_digest() const noexcept override { return checked_->manifest_digest; }
  [[nodiscard]] const std::vector<crypto::VerifiedBy>& signers() const noexcept override { return checked_->signers; }
  [[nodiscard]] const Bytes& front_bytes() const noexcept override { return front_; }
  [[nodiscard]] const crypto::Keyset& trust() const noexcept override { return trust_; }

  Result<Bytes> fetch_chunk(std::size_t index) const override {
    return chunk_from(*registries_, checked_->manifest, index);
  }

  Result<std::unique_ptr<Source>> stream(const crypto::Digest& digest) const override {
    const auto found = rows_.find(digest);
    if (found == rows_.end()) {
      return fail(ExitCode::usage, "{}: the bundle holds no blob {}", name_, digest.to_string());
    }
    const bundle::BlobRow& row = manifest().blobs[found->second];
    KF_TRY_ASSIGN(auto content, bundle::open_content(row, payload_));
    auto verified = std::make_unique<crypto::VerifyingSource>(
        std::make_unique<bundle::ContentSource>(std::move(content)), digest, row.size, digest.to_string());
    return std::unique_ptr<Source>(std::make_unique<NamedSource>(std::move(verified), label(digest)));
  }

private:
  [[nodiscard]] std::string label(const crypto::Digest& digest) const {
    const bundle::Manifest& m = manifest();
    const auto has = [&](const auto& row) { return row.digest == digest; };
    if (const auto file = std::find_if(m.files.begin(), m.files.end(), has); file != m.files.end()) {
      return file->path;
    }
    const auto document = std::find_if(m.documents.begin(), m.documents.end(), has);
    return document == m.documents.end() ? digest.to_string() : printable(document->name);
  }

  std::string name_;
  crypto::Keyset trust_;
  std::shared_ptr<const Registries> registries_;
  Bytes front_;
  std::shared_ptr<const bundle::SignedFront> checked_;
  std::shared_ptr<const ChunkCache> payload_;
  std::unordered_map<crypto::Digest, std::size_t> rows_;
};

}  // namespace

RemoteOptions remote_options(const JoinPack& pack, crypto::Keyset trust) {
  return {.registries = pack.registries,
          .ca_pem = pack.registry_ca,
          .manifest = pack.bundle_manifest,
          .trust = std::move(trust),
          .credentials = nullptr,
          .stop = {},
          .warning = {}};
}

Result<std::shared_ptr<const RemoteBundle>> remote(RemoteOptions options) {
  KF_TRY_ASSIGN(const auto registries, Registries::make(options));
  KF_TRY_ASSIGN(Bytes front, registries->front(options.manifest.hex()));
  KF_TRY_ASSIGN(bundle::SignedFront checked, bundle::verify_front(ByteView(front), options.trust, registries->name()));
  if (checked.manifest_digest != options.manifest) {
    return Failure(Error{ExitCode::integrity,
                         fmt::format("{}: has the bundle {} under the name of {}", registries->name(),
                                     checked.manifest_digest.to_string(), options.manifest.to_string()),
                         "ask who runs that registry; nothing was taken from it",
                         {}});
  }
  auto shared = std::make_shared<const bundle::SignedFront>(std::move(checked));
  return std::shared_ptr<const RemoteBundle>(
      std::make_shared<RemoteBundleSource>(std::move(options), registries, std::move(front), std::move(shared)));
}

}  // namespace kubeferry::source
