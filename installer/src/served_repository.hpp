// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <kubeferry/oci/descriptor.hpp>
#include <kubeferry/registry_server/content.hpp>

#include "bundle_set.hpp"

namespace kubeferry::installer {

/// One repository of one upstream registry, as far as the bundles hold it. Filled by one thread, then read by any.
class ServedRepository {
public:
  ServedRepository(std::string registry, std::string path) : registry_(std::move(registry)), path_(std::move(path)) {}

  [[nodiscard]] const std::string& registry() const noexcept { return registry_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const std::map<std::string, crypto::Digest, std::less<>>& tags() const noexcept { return tags_; }

  void add(const oci::Descriptor& manifest);
  /// The digest that the tag already means, when it is another; the first one stays.
  std::optional<crypto::Digest> add_tag(const std::string& tag, const crypto::Digest& digest);

  [[nodiscard]] std::optional<registry_server::ManifestEntry> by_tag(std::string_view tag,
                                                                     const BundleSet& bundles) const;
  [[nodiscard]] std::optional<registry_server::ManifestEntry> by_digest(const crypto::Digest& digest,
                                                                        const BundleSet& bundles) const;
  [[nodiscard]] std::vector<registry_server::Referrer> referrers(const crypto::Digest& subject,
                                                                 const BundleSet& bundles) const;

private:
  using Entries = std::unordered_map<crypto::Digest, registry_server::ManifestEntry>;
  /// What only the documents themselves know.
  struct Details {
    Entries nested;
    std::unordered_map<crypto::Digest, std::vector<registry_server::Referrer>> referrers;
  };
  std::shared_ptr<const Details> details(const BundleSet& bundles) const;
  [[nodiscard]] Result<Details> read_details(const BundleSet& bundles) const;

  std::string registry_;
  std::string path_;
  Entries entries_;
  std::map<std::string, crypto::Digest, std::less<>> tags_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Details> details_;
};

}  // namespace kubeferry::installer
