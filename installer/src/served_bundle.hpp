// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/installer/bundle_artifact.hpp>
#include <kubeferry/registry_server/content.hpp>

namespace kubeferry::installer {

/// The repository `kubeferry/bundle`: bundles themselves as artifacts. Filled by one thread, then read by any.
class ServedBundles {
public:
  /// Whether a client means this repository: by its path alone, or behind "kubeferry.local".
  [[nodiscard]] static bool answers(const registry_server::RepositoryName& name) noexcept;

  /// The tag NAME-VERSION stays with the bundle that was added first.
  Status add(std::shared_ptr<const bundle::Bundle> bundle);

  [[nodiscard]] std::vector<std::string> tags() const;
  [[nodiscard]] std::optional<registry_server::ManifestEntry> by_tag(std::string_view tag) const;
  [[nodiscard]] std::optional<registry_server::ManifestEntry> by_digest(const crypto::Digest& digest) const;
  /// The bytes of one of ours; nothing when it is none.
  [[nodiscard]] std::optional<std::string> manifest_bytes(const crypto::Digest& digest) const;
  /// Front, chunk or configuration; a null pointer for anything else.
  [[nodiscard]] std::shared_ptr<const registry_server::BlobReader> open(const crypto::Digest& digest) const;

private:
  struct Chunk {
    std::shared_ptr<const bundle::Bundle> bundle;
    std::size_t index = 0;
  };
  std::map<std::string, crypto::Digest, std::less<>> tags_;
  std::unordered_map<crypto::Digest, oci::ManifestBytes> manifests_;
  std::unordered_map<crypto::Digest, std::shared_ptr<const Bytes>> small_;  // fronts and the configuration
  std::unordered_map<crypto::Digest, Chunk> chunks_;
};

}  // namespace kubeferry::installer
