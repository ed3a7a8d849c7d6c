// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/installer/bundle_content.hpp>

#include <algorithm>
#include <map>
#include <set>

#include <kubeferry/base/text.hpp>
#include <kubeferry/installer/client_configuration.hpp>
#include <kubeferry/installer/path_mapping.hpp>
#include <kubeferry/oci/reference.hpp>

#include "served_bundle.hpp"
#include "served_repository.hpp"

namespace kubeferry::installer {

using registry_server::BlobReader;
using registry_server::FileSpan;
using registry_server::ManifestEntry;
using registry_server::Referrer;
using registry_server::RepositoryName;

namespace {

class BundleBlob final : public BlobReader {
public:
  BundleBlob(std::shared_ptr<const bundle::Bundle> bundle, std::shared_ptr<const bundle::BlobContent> content)
      : bundle_(std::move(bundle)), content_(std::move(content)) {}

  [[nodiscard]] std::uint64_t size() const override { return content_->size(); }

  Status read_at(std::uint64_t offset, MutableByteView buffer) const override {
    return content_->read_at(offset, buffer);
  }

  [[nodiscard]] std::optional<FileSpan> span_at(std::uint64_t offset) const override {
    const auto span = content_->stored_span(offset);
    if (!span) {
      return std::nullopt;
    }
    const bundle::VerifiedPayload& payload = bundle_->payload();
    // What fails here fails in read_at() again, which can say so.
    const auto in_place = payload.verified_in_place(span->payload_offset, span->length);
    if (!in_place || !*in_place) {
      return std::nullopt;
    }
    return FileSpan{payload.fd(), payload.file_offset() + span->payload_offset, span->length};
  }

private:
  std::shared_ptr<const bundle::Bundle> bundle_;
  std::shared_ptr<const bundle::BlobContent> content_;
};

std::string name_of(std::string_view registry, std::string_view path) { return fmt::format("{}/{}", registry, path); }

/// The registry a client means by `?ns=`, and the path as references write it.
std::string name_at(std::string_view host, std::string_view path) {
  std::string registry = lower(host);
  if (registry == "index.docker.io" || registry == "registry-1.docker.io") {
    registry = "docker.io";
  }
  const bool official = registry == "docker.io" && path.find('/') == std::string_view::npos;
  return fmt::format("{}/{}{}", registry, official ? "library/" : "", path);
}

}  // namespace

class BundleContent::State {
public:
  using Repositories = std::vector<const ServedRepository*>;

  explicit State(std::vector<std::shared_ptr<const bundle::Bundle>> bundles) : bundles_(std::move(bundles)) {}

  Status add(const std::shared_ptr<const bundle::Bundle>& bundle) {
    for (const auto* rows : {&bundle->manifest().images, &bundle->manifest().artifacts}) {
      for (const bundle::ImageRow& row : *rows) {
        KF_TRY(add(*bundle, row));
      }
    }
    return themselves_.add(bundle);
  }

  /// Makes the ways in which clients may spell the repositories.
  void publish() {
    for (const auto& repository : owned_) {
      paths_[repository->path()].push_back(repository.get());
      paths_[name_of(registry_component(repository->registry()), repository->path())].push_back(repository.get());
    }
    warn_about_paths();
    const auto genuine_paths = paths_;
    for (const auto& repository : owned_) {
      const std::string other = other_coredns_spelling(repository->path());
      if (other.empty()) {
        continue;
      }
      names_.try_emplace(name_of(repository->registry(), other), repository.get());
      for (const std::string& path : {other, name_of(registry_component(repository->registry()), other)}) {
        if (!genuine_paths.contains(path)) {
          paths_[path].push_back(repository.get());
        }
      }
    }
  }

  [[nodiscard]] Repositories find(const RepositoryName& name) const {
    if (!name.host.empty()) {
      const auto found = names_.find(name_at(name.host, name.path));
      return found == names_.end() ? Repositories{} : Repositories{found->second};
    }
    const auto found = paths_.find(name.path);
    return found == paths_.end() ? Repositories{} : found->second;
  }

  [[nodiscard]] const BundleSet& bundles() const noexcept { return bundles_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }
  [[nodiscard]] const std::vector<std::unique_ptr<ServedRepository>>& owned() const noexcept { return owned_; }
  /// The bundles themselves as artifacts, when that is what `name` means; null pointer otherwise.
  [[nodiscard]] const ServedBundles* themselves(const RepositoryName& name) const noexcept {
    return ServedBundles::answers(name) ? &themselves_ : nullptr;
  }
  [[nodiscard]] const ServedBundles& themselves() const noexcept { return themselves_; }
  [[nodiscard]] bool unique(const std::string& path) const { return paths_.at(path).size() == 1; }

private:
  Status add(const bundle::Bundle& bundle, const bundle::ImageRow& row) {
    auto reference = oci::Reference::parse(row.reference);
    if (!reference) {
      return fail(ExitCode::format, "{}: '{}' is no reference: {}", bundle.name(), printable(row.reference),
                  reference.error().message);
    }
    ServedRepository& repository = repository_of(*reference);
    repository.add(row.descriptor);
    for (const bundle::PlatformManifest& part : row.manifests) {
      repository.add(part.descriptor);
    }
    if (!reference->tag) {
      return {};
    }
    if (const auto first = repository.add_tag(*reference->tag, row.descriptor.digest)) {
      warnings_.push_back(fmt::format("{}: {} is {} there and {} in a bundle named before it, which is the one served",
                                      bundle.name(), row.reference, row.descriptor.digest.to_string(),
                                      first->to_string()));
    }
    return {};
  }

  ServedRepository& repository_of(const oci::Reference& reference) {
    const auto [entry, fresh] = names_.try_emplace(reference.name(), nullptr);
    if (fresh) {
      owned_.push_back(std::make_unique<ServedRepository>(reference.registry, reference.repository));
      entry->second = owned_.back().get();
    }
    return *entry->second;
  }

  void warn_about_paths() {
    for (const auto& [path, repositories] : paths_) {
      std::map<std::string, const ServedRepository*> first;
      for (const ServedRepository* repository : repositories) {
        for (const auto& [tag, digest] : repository->tags()) {
          const ServedRepository* owner = first.try_emplace(tag, repository).first->second;
          if (owner->tags().at(tag) != digest) {
            warnings_.push_back(fmt::format("{}:{} without its registry means that of {}, not of {}", path, tag,
                                            owner->registry(), repository->registry()));
          }
        }
      }
    }
  }

  BundleSet bundles_;
  std::vector<std::unique_ptr<ServedRepository>> owned_;
  std::map<std::string, ServedRepository*, std::less<>> names_;  // by registry and path
  std::map<std::string, Repositories, std::less<>> paths_;       // by what clients without `?ns=` ask for
  ServedBundles themselves_;
  std::vector<std::string> warnings_;
};

Result<std::shared_ptr<const BundleContent>> BundleContent::make(
    std::vector<std::shared_ptr<const bundle::Bundle>> bundles) {
  auto state = std::make_unique<State>(std::move(bundles));
  for (const auto& bundle : state->bundles().bundles()) {
    KF_TRY(state->add(bundle));
  }
  state->publish();
  return std::shared_ptr<const BundleContent>(new BundleContent(std::move(state)));
}

BundleContent::BundleContent(std::unique_ptr<State> state) : state_(std::move(state)) {}
BundleContent::~BundleContent() = default;

const std::vector<std::string>& BundleContent::warnings() const noexcept { return state_->warnings(); }

std::vector<std::string> BundleContent::repositories() const {
  // Each repository once: whoever copies the whole catalogue must not get everything twice. So the other spellings
  // are left out, and where two registries share a path, each is listed behind its registry's name. The bundles
  // themselves (kubeferry/bundle) are left out for the same reason.
  std::vector<std::string> out;
  for (const auto& repository : state_->owned()) {
    out.push_back(state_->unique(repository->path())
                      ? repository->path()
                      : name_of(registry_component(repository->registry()), repository->path()));
  }
  return out;
}

std::optional<std::vector<std::string>> BundleContent::tags(const RepositoryName& name) const {
  const auto repositories = state_->find(name);
  const ServedBundles* themselves = state_->themselves(name);
  if (repositories.empty() && themselves == nullptr) {
    return std::nullopt;
  }
  std::set<std::string> all;
  if (themselves != nullptr) {
    std::ranges::move(themselves->tags(), std::inserter(all, all.end()));
  }
  for (const ServedRepository* repository : repositories) {
    for (const auto& [tag, digest] : repository->tags()) {
      all.insert(tag);
    }
  }
  return std::vector<std::string>(all.begin(), all.end());
}

std::optional<ManifestEntry> BundleContent::resolve_tag(const RepositoryName& name, std::string_view tag) const {
  for (const ServedRepository* repository : state_->find(name)) {
    if (auto entry = repository->by_tag(tag, state_->bundles())) {
      return entry;
    }
  }
  const ServedBundles* themselves = state_->themselves(name);
  return themselves == nullptr ? std::nullopt : themselves->by_tag(tag);
}

std::optional<ManifestEntry> BundleContent::resolve_digest(const RepositoryName& name,
                                                           const crypto::Digest& digest) const {
  for (const ServedRepository* repository : state_->find(name)) {
    if (auto entry = repository->by_digest(digest, state_->bundles())) {
      return entry;
    }
  }
  const ServedBundles* themselves = state_->themselves(name);
  return themselves == nullptr ? std::nullopt : themselves->by_digest(digest);
}

Result<std::string> BundleContent::manifest_bytes(const ManifestEntry& manifest) const {
  if (auto artifact = state_->themselves().manifest_bytes(manifest.digest)) {
    return std::move(*artifact);
  }
  KF_TRY_ASSIGN(const Bytes bytes, state_->bundles().manifest(manifest.digest));
  return std::string(as_text(bytes));
}

Result<std::shared_ptr<const BlobReader>> BundleContent::open_blob(const RepositoryName& name,
                                                                   const crypto::Digest& digest) const {
  if (const ServedBundles* themselves = state_->themselves(name)) {
    if (auto blob = themselves->open(digest)) {
      return blob;
    }
  }
  const auto bundle = state_->bundles().holder(digest);
  if (bundle == nullptr || state_->find(name).empty()) {
    return std::shared_ptr<const BlobReader>();
  }
  KF_TRY_ASSIGN(auto content, bundle->content(digest));
  return std::shared_ptr<const BlobReader>(std::make_shared<BundleBlob>(bundle, std::move(content)));
}

std::vector<Referrer> BundleContent::referrers(const RepositoryName& name, const crypto::Digest& digest) const {
  std::vector<Referrer> all;
  for (const ServedRepository* repository : state_->find(name)) {
    for (Referrer& referrer : repository->referrers(digest, state_->bundles())) {
      const auto same = [&](const Referrer& other) { return other.manifest.digest == referrer.manifest.digest; };
      if (std::none_of(all.begin(), all.end(), same)) {
        all.push_back(std::move(referrer));
      }
    }
  }
  return all;
}

std::vector<std::pair<std::string, std::string>> BundleContent::summary() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& bundle : state_->bundles().bundles()) {
    const bundle::Manifest& manifest = bundle->manifest();
    out.emplace_back("bundle", fmt::format("{} {}", manifest.name, manifest.version));
    out.emplace_back("created", to_rfc3339(manifest.created));
    if (!manifest.kubernetes.empty()) {
      out.emplace_back("Kubernetes", manifest.kubernetes);
    }
    out.emplace_back("platforms", fmt::format("{}", fmt::join(manifest.platforms, ", ")));
    out.emplace_back("images", std::to_string(manifest.images.size()));
    out.emplace_back("manifest", bundle->manifest_digest().to_string());
  }
  return out;
}

}  // namespace kubeferry::installer
