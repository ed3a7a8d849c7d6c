// SPDX-License-Identifier: Apache-2.0
#include "served_repository.hpp"

#include <kubeferry/oci/manifest.hpp>

namespace kubeferry::installer {

namespace {

using registry_server::ManifestEntry;
using registry_server::Referrer;

/// A manifest that is still to be read, and how deep in indexes it lies.
struct Pending {
  ManifestEntry entry;
  unsigned depth = 0;
};

std::optional<std::pair<crypto::Digest, Referrer>> as_referrer(const oci::Document& document,
                                                               const ManifestEntry& entry) {
  return std::visit(
      [&](const auto& value) -> std::optional<std::pair<crypto::Digest, Referrer>> {
        if (!value.subject) {
          return std::nullopt;
        }
        Referrer referrer{entry, value.artifact_type, value.annotations};
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, oci::Manifest>) {
          // distribution-spec 1.1, "Listing Referrers": without artifactType, the configuration's type.
          if (referrer.artifact_type.empty()) {
            referrer.artifact_type = value.config.media_type;
          }
        }
        return std::pair(value.subject->digest, std::move(referrer));
      },
      document);
}

}  // namespace

void ServedRepository::add(const oci::Descriptor& manifest) {
  entries_.try_emplace(manifest.digest, ManifestEntry{manifest.digest, manifest.media_type, manifest.size});
}

std::optional<crypto::Digest> ServedRepository::add_tag(const std::string& tag, const crypto::Digest& digest) {
  const auto [entry, fresh] = tags_.try_emplace(tag, digest);
  return fresh || entry->second == digest ? std::nullopt : std::optional(entry->second);
}

std::optional<ManifestEntry> ServedRepository::by_tag(std::string_view tag, const BundleSet& bundles) const {
  const auto found = tags_.find(tag);
  return found == tags_.end() ? std::nullopt : by_digest(found->second, bundles);
}

std::optional<ManifestEntry> ServedRepository::by_digest(const crypto::Digest& digest, const BundleSet& bundles) const {
  if (bundles.holder(digest) == nullptr) {
    return std::nullopt;
  }
  if (const auto found = entries_.find(digest); found != entries_.end()) {
    return found->second;
  }
  const auto known = details(bundles);
  const auto found = known->nested.find(digest);
  return found == known->nested.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Referrer> ServedRepository::referrers(const crypto::Digest& subject, const BundleSet& bundles) const {
  const auto known = details(bundles);
  const auto found = known->referrers.find(subject);
  return found == known->referrers.end() ? std::vector<Referrer>{} : found->second;
}

std::shared_ptr<const ServedRepository::Details> ServedRepository::details(const BundleSet& bundles) const {
  const std::lock_guard lock(mutex_);
  if (!details_) {
    auto read = read_details(bundles);
    if (!read) {
      // A medium that fails now may answer the next time: not remembered.
      return std::make_shared<const Details>();
    }
    details_ = std::make_shared<const Details>(std::move(*read));
  }
  return details_;
}

Result<ServedRepository::Details> ServedRepository::read_details(const BundleSet& bundles) const {
  Details known;
  std::vector<Pending> pending;
  for (const auto& [digest, entry] : entries_) {
    pending.push_back({entry, 0});
  }
  while (!pending.empty()) {
    const Pending next = std::move(pending.back());
    pending.pop_back();
    if (bundles.holder(next.entry.digest) == nullptr) {
      continue;
    }
    KF_TRY_ASSIGN(const Bytes raw, bundles.manifest(next.entry.digest));
    const auto document = oci::parse_document(raw, next.entry.media_type, next.entry.digest.to_string());
    if (!document) {
      continue;  // served as it is; it just has nothing to tell us
    }
    if (auto referrer = as_referrer(*document, next.entry)) {
      known.referrers[referrer->first].push_back(std::move(referrer->second));
    }
    const auto* index = std::get_if<oci::Index>(&*document);
    if (index == nullptr || next.depth >= oci::k_max_index_depth) {
      continue;
    }
    for (const oci::Descriptor& child : index->manifests) {
      ManifestEntry entry{child.digest, child.media_type, child.size};
      if (!entries_.contains(child.digest) && bundles.holder(child.digest) != nullptr &&
          known.nested.try_emplace(child.digest, entry).second) {
        pending.push_back({std::move(entry), next.depth + 1});
      }
    }
  }
  return known;
}

}  // namespace kubeferry::installer
