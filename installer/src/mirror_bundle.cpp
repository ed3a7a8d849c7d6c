// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include <kubeferry/base/workers.hpp>
#include <kubeferry/installer/bundle_artifact.hpp>
#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/oci/media_type.hpp>

#include "mirror_run.hpp"
#include "served_bundle.hpp"

namespace kubeferry::installer {

namespace {

/// What a server of the bundle would answer with, as content to send.
class ServedSource final : public Source {
public:
  explicit ServedSource(std::shared_ptr<const registry_server::BlobReader> blob) : blob_(std::move(blob)) {}

  Result<std::size_t> read(MutableByteView buffer) override {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), blob_->size() - position_));
    KF_TRY(blob_->read_at(position_, buffer.first(count)));
    position_ += count;
    return count;
  }

private:
  std::shared_ptr<const registry_server::BlobReader> blob_;
  std::uint64_t position_ = 0;
};

/// A bundle on its way as what it is.
class BundlePush {
public:
  BundlePush(MirrorRun& run, std::shared_ptr<const bundle::Bundle> bundle)
      : run_(run), bundle_(std::move(bundle)), repository_(bundle_repository(run.options().target.prefix)) {}

  Status all() {
    KF_TRY_ASSIGN(artifact_, make_bundle_artifact(*bundle_));
    KF_TRY(served_.add(bundle_));
    KF_TRY_ASSIGN(const auto blobs, blobs_of_artifact());
    KF_TRY(for_each_index(blobs.size(), run_.options().jobs, run_.options().stop,
                          [&](std::size_t n) { return send(blobs[n]); }));
    for (const oci::ManifestBytes& document : artifact_.manifests) {
      KF_TRY(put(document, document.digest.to_string()));
    }
    for (const std::string& tag : artifact_.tags) {
      KF_TRY(put(artifact_.manifests.back(), tag));
    }
    return {};
  }

private:
  [[nodiscard]] std::string name(const std::string& tag, const crypto::Digest& digest) const {
    return run_.name(repository_, tag, digest);
  }

  [[nodiscard]] Result<std::vector<oci::Descriptor>> blobs_of_artifact() const {
    std::map<crypto::Digest, oci::Descriptor> out;
    for (const oci::ManifestBytes& document : artifact_.manifests) {
      if (oci::is_index(document.media_type)) {
        continue;
      }
      KF_TRY_ASSIGN(const oci::Manifest manifest,
                    oci::parse_manifest(document.bytes, document.media_type, bundle_->name()));
      out.emplace(manifest.config.digest, manifest.config);
      for (const oci::Descriptor& layer : manifest.layers) {
        out.emplace(layer.digest, layer);
      }
    }
    std::vector<oci::Descriptor> list;
    for (auto& [digest, blob] : out) {
      list.push_back(std::move(blob));
    }
    return list;
  }

  Status send(const oci::Descriptor& blob) {
    if (Status sent = send_if_absent(blob); !sent) {
      run_.blob_failed(repository_, blob.digest);
      return run_.failed(name({}, blob.digest), std::move(sent).error());
    }
    if (run_.options().progress != nullptr) {
      run_.options().progress->add(blob.size);
    }
    return {};
  }

  Status send_if_absent(const oci::Descriptor& blob) {
    KF_TRY_ASSIGN(const auto size, run_.client().blob_size(run_.at(repository_), blob.digest));
    if (size && *size == blob.size) {
      run_.update([&](MirrorResult& result) {
        ++result.blobs_present;
        result.bytes_present += blob.size;
      });
      return {};
    }
    if (run_.dry()) {
      run_.missing(name({}, blob.digest), "is not there", ExitCode::ok);
      return {};
    }
    run_.detail(fmt::format("sending {}", name({}, blob.digest)));
    KF_TRY(run_.client().push_blob(run_.at(repository_), blob, [&]() -> Result<std::unique_ptr<Source>> {
      return std::make_unique<ServedSource>(served_.open(blob.digest));
    }));
    run_.sent(SentBlob{repository_, blob});
    run_.update([&](MirrorResult& result) {
      ++result.blobs_pushed;
      result.bytes_pushed += blob.size;
    });
    return {};
  }

  /// A document under a digest or tag, and a row for each tag.
  Status put(const oci::ManifestBytes& document, const std::string& tag) {
    const bool by_digest = tag == document.digest.to_string();
    KF_TRY_ASSIGN(const auto there, run_.client().manifest_digest(run_.at(repository_), tag));
    const bool present = there && *there == document.digest;
    const std::string shown = name(by_digest ? std::string() : tag, document.digest);
    if (!present && run_.dry()) {
      run_.missing(shown, "is not there", ExitCode::ok);
    } else if (!present) {
      if (Status done = run_.client().push_manifest(run_.at(repository_), document, tag); !done) {
        return run_.failed(shown, std::move(done).error());
      }
      run_.sent(SentManifest{repository_, by_digest ? std::string() : tag, document.digest});
    }
    run_.update([&](MirrorResult& result) {
      if (present) {
        ++result.manifests_present;
      } else if (!run_.dry()) {
        ++result.manifests_pushed;
      }
      if (!by_digest) {
        result.rows.push_back({.source = fmt::format("kubeferry.local/{}:{}", k_bundle_repository, tag),
                               .target = shown,
                               .repository = repository_,
                               .kind = Kind::artifact,
                               .source_digest = document.digest,
                               .target_digest = document.digest,
                               .status = present ? MirrorStatus::present : MirrorStatus::copied});
      }
    });
    return {};
  }

  MirrorRun& run_;
  std::shared_ptr<const bundle::Bundle> bundle_;
  std::string repository_;
  BundleArtifact artifact_;
  ServedBundles served_;
};

}  // namespace

Status copy_bundle(MirrorRun& run, const std::shared_ptr<const bundle::Bundle>& bundle) {
  return BundlePush(run, bundle).all();
}

}  // namespace kubeferry::installer
