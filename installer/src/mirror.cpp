// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/installer/mirror.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>

#include "mirror_run.hpp"

namespace kubeferry::installer {

namespace {

// A target that fails so often fails as a whole; each failure has cost its own repetitions already.
constexpr std::size_t k_most_failures = 10;

/// Whether going on with other blobs makes sense after this.
bool is_about_one_thing(ExitCode code) { return code == ExitCode::network || code == ExitCode::limit; }

}  // namespace

Result<IndexMode> parse_index_mode(std::string_view text) {
  if (text == "keep") {
    return IndexMode::keep;
  }
  if (text == "filter") {
    return IndexMode::filter;
  }
  if (text == "auto") {
    return IndexMode::automatic;
  }
  return Failure(Error{ExitCode::usage,
                       fmt::format("'{}' is no way to treat an index", printable(text)),
                       "use keep, filter or auto",
                       {}});
}

std::string_view to_string(MirrorStatus status) noexcept {
  switch (status) {
    case MirrorStatus::copied: return "copied";
    case MirrorStatus::present: return "present";
    case MirrorStatus::rewritten: return "rewritten";
  }
  return "copied";
}

Status MirrorResult::verdict() const {
  if (worst == ExitCode::ok) {
    return {};
  }
  const auto& first = missing.front();
  return Failure(Error{worst,
                       fmt::format("the target lacks {} of what was to be mirrored; first {}: {}", missing.size(),
                                   first.name, first.reason),
                       "run the same command again: it sends only what is missing",
                       {}});
}

bool has_status(const Error& error, std::string_view status) {
  return std::any_of(error.detail.begin(), error.detail.end(),
                     [&](const auto& pair) { return pair.first == "status" && pair.second == status; });
}

std::string MirrorRun::name(const std::string& repository, const std::string& tag, const crypto::Digest& digest) const {
  return tag.empty() ? fmt::format("{}@{}", at(repository).to_string(), digest.to_string())
                     : fmt::format("{}:{}", at(repository).to_string(), tag);
}

void MirrorRun::detail(std::string_view line) {
  if (options_.detail) {
    const std::lock_guard lock(mutex_);
    options_.detail(line);
  }
}

void MirrorRun::warning(std::string_view line) {
  if (options_.warning) {
    const std::lock_guard lock(mutex_);
    options_.warning(line);
  }
}

void MirrorRun::sent(SentBlob blob) {
  const std::lock_guard lock(mutex_);
  sent_names_.emplace(blob.repository, blob.blob.digest);
  sent_blobs_.push_back(std::move(blob));
}

void MirrorRun::sent(SentManifest manifest) {
  const std::lock_guard lock(mutex_);
  sent_manifests_.push_back(std::move(manifest));
}

Status MirrorRun::failed(const std::string& name, Error error) {
  const std::lock_guard lock(mutex_);
  if (!is_about_one_thing(error.code) || ++failures_ > k_most_failures) {
    return Failure(std::move(error));
  }
  note_missing(name, std::move(error.message), error.code);
  return {};
}

void MirrorRun::missing(std::string name, std::string reason, ExitCode code) {
  const std::lock_guard lock(mutex_);
  note_missing(std::move(name), std::move(reason), code);
}

void MirrorRun::note_missing(std::string name, std::string reason, ExitCode code) {
  result_.missing.push_back({std::move(name), std::move(reason)});
  if (result_.worst != ExitCode::integrity && code != ExitCode::ok) {
    result_.worst = code;
  }
}

void MirrorRun::blob_failed(const std::string& repository, const crypto::Digest& digest) {
  const std::lock_guard lock(mutex_);
  failed_blobs_.emplace(repository, digest);
}

bool MirrorRun::has_sent_blob(const std::string& repository, const ImageTree& tree) {
  const std::lock_guard lock(mutex_);
  return std::any_of(tree.blobs.begin(), tree.blobs.end(), [&](const oci::Descriptor& blob) {
    return sent_names_.contains({repository, blob.digest});
  });
}

bool MirrorRun::has_failed_blob(const std::string& repository, const ImageTree& tree) {
  const std::lock_guard lock(mutex_);
  return std::any_of(tree.blobs.begin(), tree.blobs.end(), [&](const oci::Descriptor& blob) {
    return failed_blobs_.contains({repository, blob.digest});
  });
}

bool MirrorRun::has_sent_manifest(const std::string& repository, const std::string& tag, const crypto::Digest& digest) {
  const std::lock_guard lock(mutex_);
  return std::any_of(sent_manifests_.begin(), sent_manifests_.end(), [&](const SentManifest& sent) {
    return sent.digest == digest && sent.repository == repository && sent.tag == tag;
  });
}

MirrorRun::Exclusive::Exclusive(MirrorRun& run, const crypto::Digest& digest) : run_(run), digest_(digest) {
  std::unique_lock lock(run_.mutex_);
  run_.put_.wait(lock, [&] { return !run_.being_put_.contains(digest_); });
  run_.being_put_.insert(digest_);
}

MirrorRun::Exclusive::~Exclusive() {
  {
    const std::lock_guard lock(run_.mutex_);
    run_.being_put_.erase(digest_);
  }
  run_.put_.notify_all();
}

Result<MirrorResult> mirror(const std::vector<std::shared_ptr<const bundle::Bundle>>& bundles,
                            const MirrorOptions& options) {
  registry::ClientOptions client_options;
  client_options.upstreams.emplace(options.target.registry, options.endpoint);
  client_options.credentials = options.credentials;
  client_options.http = options.http;
  // Each job asks and sends by turns: by one HTTP version that is one connection for each instead of two.
  client_options.http.version = net::HttpVersion::http1;
  client_options.stop = options.stop;
  KF_TRY_ASSIGN(const auto client, registry::Client::make(std::move(client_options)));
  return mirror_with(*client, bundles, options);
}

Result<MirrorResult> mirror_with(registry::Client& client,
                                 const std::vector<std::shared_ptr<const bundle::Bundle>>& bundles,
                                 const MirrorOptions& options) {
  const BundleSet set(bundles);
  KF_TRY_ASSIGN(const MirrorPlan plan, make_mirror_plan(set, options));
  if (options.progress != nullptr) {
    std::uint64_t whole = 0;
    for (const auto& bundle : bundles) {
      whole += options.bundles == Bundles::too ? bundle->manifest().payload_length : 0;
    }
    options.progress->set_total(plan.bytes + whole);
  }
  MirrorRun run(set, options, client);
  for (const auto& bundle : bundles) {
    auto& kubernetes = run.result().kubernetes;
    kubernetes = kubernetes.empty() ? bundle->manifest().kubernetes : kubernetes;
  }
  run.result().skipped = plan.skipped;
  KF_TRY(copy_blobs(run, plan.blobs));
  KF_TRY(copy_manifests(run, plan.images));
  if (options.bundles == Bundles::too) {
    for (const auto& bundle : bundles) {
      KF_TRY(copy_bundle(run, bundle));
    }
  }
  KF_TRY(check_target(run));
  run.result().refuses_sparse = run.refuses_sparse();
  return std::move(run.result());
}

}  // namespace kubeferry::installer
