// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <kubeferry/installer/mirror.hpp>
#include <kubeferry/registry/client.hpp>

#include "mirror_plan.hpp"

namespace kubeferry::installer {

/// What the target was sent in this run and must be asked for once more.
struct SentBlob {
  std::string repository;
  oci::Descriptor blob;
};
struct SentManifest {
  std::string repository;
  std::string tag;  ///< empty: pushed by digest
  crypto::Digest digest;
};

/// Whether an error is an answer with this HTTP status.
[[nodiscard]] bool has_status(const Error& error, std::string_view status);

/// The state of one run, shared by its threads.
class MirrorRun {
public:
  MirrorRun(const BundleSet& bundles, const MirrorOptions& options, registry::Client& client)
      : bundles_(bundles), options_(options), client_(client) {}

  [[nodiscard]] const BundleSet& bundles() const noexcept { return bundles_; }
  [[nodiscard]] const MirrorOptions& options() const noexcept { return options_; }
  [[nodiscard]] registry::Client& client() const noexcept { return client_; }
  [[nodiscard]] bool dry() const noexcept { return options_.dry_run == DryRun::yes; }
  [[nodiscard]] registry::Repository at(const std::string& repository) const {
    return {options_.target.registry, repository};
  }
  [[nodiscard]] std::string name(const std::string& repository, const std::string& tag,
                                 const crypto::Digest& digest) const;
  void detail(std::string_view line);
  void warning(std::string_view line);

  /// Changes the result under the lock.
  template <class Change>
  void update(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(result_);
  }
  void sent(SentBlob blob);
  void sent(SentManifest manifest);

  /// Takes a failure for `name`. It comes back as the run's own error when going on makes no sense: it is not about
  /// this one thing, or it is one too many.
  Status failed(const std::string& name, Error error);
  /// Something that the target does not have; of class `code` when that is an error.
  void missing(std::string name, std::string reason, ExitCode code);

  /// Whether a blob of the manifest was sent to the repository in this run: then the manifest is not there yet, or it
  /// does no harm to send it again, and asking would cost a request for each.
  [[nodiscard]] bool has_sent_blob(const std::string& repository, const ImageTree& tree);
  void blob_failed(const std::string& repository, const crypto::Digest& digest);
  [[nodiscard]] bool has_failed_blob(const std::string& repository, const ImageTree& tree);

  /// Whether this run put the manifest into the repository under that tag (empty: by digest).
  [[nodiscard]] bool has_sent_manifest(const std::string& repository, const std::string& tag,
                                       const crypto::Digest& digest);

  /// Nobody else puts the manifest `digest` anywhere while the result lives; waits until that is so. docker-registry
  /// 2.8 writes its links and blobs in place: while one request puts a manifest, another that reads it sees an empty
  /// file and is answered with 400 (DIGEST_INVALID, MANIFEST_BLOB_UNKNOWN).
  class Exclusive {
  public:
    Exclusive(MirrorRun& run, const crypto::Digest& digest);
    Exclusive(const Exclusive&) = delete;
    Exclusive& operator=(const Exclusive&) = delete;
    ~Exclusive();

  private:
    MirrorRun& run_;
    crypto::Digest digest_;
  };

  [[nodiscard]] bool refuses_sparse() const noexcept { return refuses_sparse_; }
  void set_refuses_sparse() noexcept { refuses_sparse_ = true; }

  // After the threads have ended.
  [[nodiscard]] const std::vector<SentBlob>& sent_blobs() const noexcept { return sent_blobs_; }
  [[nodiscard]] const std::vector<SentManifest>& sent_manifests() const noexcept { return sent_manifests_; }
  [[nodiscard]] MirrorResult& result() noexcept { return result_; }

private:
  void note_missing(std::string name, std::string reason, ExitCode code);

  const BundleSet& bundles_;
  const MirrorOptions& options_;
  registry::Client& client_;
  std::atomic<bool> refuses_sparse_ = false;
  std::mutex mutex_;
  MirrorResult result_;
  std::size_t failures_ = 0;
  std::set<std::pair<std::string, crypto::Digest>> failed_blobs_;
  std::vector<SentBlob> sent_blobs_;
  std::set<std::pair<std::string, crypto::Digest>> sent_names_;
  std::vector<SentManifest> sent_manifests_;
  std::set<crypto::Digest> being_put_;
  std::condition_variable put_;
};

/// Sees to it that every blob is where it is needed.
Status copy_blobs(MirrorRun& run, const std::vector<PlannedBlob>& blobs);

/// Puts the manifests, children before indexes, and fills the result's rows.
Status copy_manifests(MirrorRun& run, const std::vector<PlannedImage>& images);

/// The bundle itself, as kubeferry/bundle behind the target's prefix (docs/format.md §10), so that nodes can join from
/// there.
Status copy_bundle(MirrorRun& run, const std::shared_ptr<const bundle::Bundle>& bundle);

/// Asks the target for everything it was sent.
Status check_target(MirrorRun& run);

}  // namespace kubeferry::installer
