// SPDX-License-Identifier: Apache-2.0
#include "resolve_images.hpp"

#include <algorithm>

#include <kubeferry/crypto/hasher.hpp>
#include <kubeferry/oci/reference.hpp>
#include <kubeferry/oci/select.hpp>

#include "image_machine.hpp"

namespace kubeferry::builder {

namespace {

/// A blob kept in memory: only for the small ones that must be read (configurations).
class MemoryBlob final : public net::RestartableSink {
public:
  explicit MemoryBlob(std::uint64_t limit) : limit_(limit) {}
  Status write(ByteView bytes) override {
    if (bytes.size() > limit_ - bytes_.size()) {
      return fail(ExitCode::limit, "more than {} bytes", limit_);
    }
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return {};
  }
  Status restart() override {
    bytes_.clear();
    return {};
  }
  [[nodiscard]] Bytes take() { return std::move(bytes_); }

private:
  std::uint64_t limit_;
  Bytes bytes_;
};

Status only_sha256(const oci::Descriptor& descriptor, std::string_view who) {
  if (descriptor.digest.algorithm() != crypto::HashAlgorithm::sha256) {
    return fail(ExitCode::format, "{}: has content named by {}, and bundles name theirs by sha256", who,
                crypto::hash_name(descriptor.digest.algorithm()));
  }
  return {};
}

/// Everything about one image that the steps below share.
struct Job {
  const catalog::ImageNeed& need;
  catalog::Missing missing;
  Upstream& upstream;
  const ResolveOptions& options;
  Collected& collected;
  oci::Reference reference;
};

Result<Bytes> fetch_config(Job& job, const oci::Descriptor& config) {
  if (config.size > oci::k_max_config_bytes) {
    return fail(ExitCode::limit, "{}: its configuration has {} bytes", job.reference.to_string(), config.size);
  }
  MemoryBlob blob(config.size);
  KF_TRY(job.upstream.registries().blob(registry::repository_of(job.reference), config, blob));
  return blob.take();
}

/// Images are published whose configuration names the machine that they were built on, and others that were put under
/// the wrong platform: what their programs are made for tells one from the other.
Status check_machine(Job& job, const std::string& who, const oci::Manifest& manifest, const oci::ImageConfig& config,
                     const oci::Platform& listed) {
  KF_TRY_ASSIGN(const platforms::Platform* machine,
                machine_of(job.upstream.registries(), registry::repository_of(job.reference), manifest));
  if (machine != nullptr && machine->architecture != listed.architecture) {
    return Failure(Error{ExitCode::integrity,
                         fmt::format("{}: the programs in it are for {}, and its configuration says {}", who,
                                     machine->name, config.platform.to_string()),
                         "tell who publishes it; until then, leave that image or that platform out of the spec",
                         {}});
  }
  job.collected.warn(job.options, fmt::format("{}: its configuration says {}; {}", who, config.platform.to_string(),
                                              machine == nullptr ? "the index is believed, nothing in it can be run"
                                                                 : "its programs are what the index says"));
  return {};
}

/// A manifest's parts, and its configuration checked against what the index says of it.
Result<LockedManifest> lock_manifest(Job& job, const std::string& platform, const oci::Descriptor& descriptor,
                                     const Bytes& bytes) {
  const std::string who = fmt::format("{} for {}", job.reference.to_string(), platform);
  KF_TRY_ASSIGN(const oci::Manifest manifest, oci::parse_manifest(bytes, descriptor.media_type, who));
  LockedManifest locked;
  locked.platform = platform;
  locked.descriptor = {.media_type = descriptor.media_type, .digest = descriptor.digest, .size = bytes.size()};
  locked.config = {
      .media_type = manifest.config.media_type, .digest = manifest.config.digest, .size = manifest.config.size};
  KF_TRY(only_sha256(descriptor, who));
  KF_TRY(only_sha256(manifest.config, who));
  for (const auto& layer : manifest.layers) {
    KF_TRY(only_sha256(layer, who));
    locked.layers.push_back({.media_type = layer.media_type, .digest = layer.digest, .size = layer.size});
  }
  if (oci::check_runnable(manifest, who)) {
    KF_TRY_ASSIGN(Bytes config_bytes, fetch_config(job, manifest.config));
    KF_TRY_ASSIGN(const oci::ImageConfig config, oci::parse_image_config(config_bytes, who));
    KF_TRY(oci::check_layer_count(manifest, config, who));
    if (descriptor.platform && oci::contradicts(config, *descriptor.platform)) {
      KF_TRY(check_machine(job, who, manifest, config, *descriptor.platform));
    }
    job.collected.document(manifest.config.digest, std::move(config_bytes));
  }
  return locked;
}

Status platform_missing(Job& job, const std::string& platform) {
  const std::string line = fmt::format("{} does not exist for {}", job.reference.to_string(), platform);
  if (job.missing == catalog::Missing::fail) {
    return Failure(Error{ExitCode::usage,
                         line,
                         "leave that platform out of the spec, or say `missing: skip` to carry what there is",
                         {}});
  }
  job.collected.skipped(line);
  return {};
}

Result<std::vector<oci::Platform>> wanted_platforms(const catalog::ImageNeed& need) {
  std::vector<oci::Platform> wanted;
  for (const auto& text : need.platforms) {
    KF_TRY_ASSIGN(oci::Platform platform, oci::Platform::parse(text));
    wanted.push_back(std::move(platform));
  }
  return wanted;
}

Status lock_index(Job& job, const oci::Index& index, LockedImage& image) {
  KF_TRY_ASSIGN(const auto wanted, wanted_platforms(job.need));
  std::vector<crypto::Digest> chosen;
  for (const auto& selection : oci::select_platforms(index, wanted)) {
    const std::string platform = selection.wanted.to_string();
    if (!selection.manifest) {
      KF_TRY(platform_missing(job, platform));
      continue;
    }
    oci::Reference by_digest = job.reference;
    by_digest.tag.reset();
    by_digest.digest = selection.manifest->digest;
    KF_TRY_ASSIGN(oci::ManifestBytes child, job.upstream.registries().manifest(by_digest));
    KF_TRY_ASSIGN(LockedManifest locked, lock_manifest(job, platform, *selection.manifest, child.bytes));
    chosen.push_back(selection.manifest->digest);
    image.manifests.push_back(std::move(locked));
    job.collected.document(child.digest, std::move(child.bytes));
  }
  for (const auto& entry : index.manifests) {
    if (std::find(chosen.begin(), chosen.end(), entry.digest) == chosen.end()) {
      image.omitted.push_back(entry.platform ? entry.platform->to_string() : "unknown");
    }
  }
  return {};
}

/// An image without an index is for the platform that its configuration states; there is nothing else to go by.
Status lock_single(Job& job, const oci::ManifestBytes& top, const oci::Manifest& manifest, LockedImage& image) {
  KF_TRY_ASSIGN(const Bytes bytes, fetch_config(job, manifest.config));
  KF_TRY_ASSIGN(const oci::ImageConfig config, oci::parse_image_config(bytes, job.reference.to_string()));
  KF_TRY_ASSIGN(const auto wanted, wanted_platforms(job.need));
  for (const auto& platform : wanted) {
    if (!oci::match_rank(platform, config.platform)) {
      KF_TRY(platform_missing(job, platform.to_string()));
      continue;
    }
    oci::Descriptor descriptor{.media_type = top.media_type, .digest = top.digest, .size = top.bytes.size()};
    KF_TRY_ASSIGN(LockedManifest locked, lock_manifest(job, platform.to_string(), descriptor, top.bytes));
    image.manifests.push_back(std::move(locked));
  }
  return {};
}

}  // namespace

void Collected::document(const crypto::Digest& digest, Bytes bytes) {
  const std::lock_guard lock(mutex_);
  documents_.insert_or_assign(digest, std::move(bytes));
}

std::optional<Bytes> Collected::find(const crypto::Digest& digest) {
  const std::lock_guard lock(mutex_);
  const auto found = documents_.find(digest);
  return found == documents_.end() ? std::nullopt : std::optional<Bytes>(found->second);
}

void Collected::skipped(std::string line) {
  const std::lock_guard lock(mutex_);
  skipped_.push_back(std::move(line));
}

void Collected::warn(const ResolveOptions& options, const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (options.warn) {
    options.warn(line);
  }
}

void Collected::take(Resolution& resolution) {
  resolution.documents = std::move(documents_);
  std::sort(skipped_.begin(), skipped_.end());
  resolution.skipped = std::move(skipped_);
}

Result<LockedImage> resolve_image(const catalog::ImageNeed& need, catalog::Missing missing, Upstream& upstream,
                                  const ResolveOptions& options, Collected& collected) {
  KF_TRY_ASSIGN(const oci::Reference written, oci::Reference::parse(need.reference));
  Job job{need, missing, upstream, options, collected, written.with_default_tag()};
  KF_TRY_ASSIGN(oci::ManifestBytes top, upstream.registries().manifest(job.reference));
  LockedImage image;
  image.reference = job.reference.to_string();
  image.descriptor = {.media_type = top.media_type, .digest = top.digest, .size = top.bytes.size()};
  KF_TRY(only_sha256(image.descriptor, image.reference));
  KF_TRY_ASSIGN(const oci::Document document, oci::parse_document(top.bytes, top.media_type, image.reference));
  if (const auto* index = std::get_if<oci::Index>(&document)) {
    KF_TRY(lock_index(job, *index, image));
  } else {
    KF_TRY(lock_single(job, top, std::get<oci::Manifest>(document), image));
  }
  collected.document(top.digest, std::move(top.bytes));
  return image;
}

}  // namespace kubeferry::builder
