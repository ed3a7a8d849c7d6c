// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/registry_server/content.hpp>

namespace kubeferry::installer {

/// One or several bundles as one registry. What each method returns: registry_server::Content.
///
/// A repository answers to its path ("coredns/coredns"), to its path behind its registry's name
/// ("registry.k8s.io/coredns/coredns", for clients that cannot say `?ns=`), and with `?ns=` to that registry's alone.
/// CoreDNS answers to both of its spellings, because kubeadm asks for the short one under an imageRepository. Where two
/// registries have one path, a tag means that of the bundle named first.
///
/// The bundles themselves are artifacts in `kubeferry/bundle` (bundle_artifact.hpp), tagged with their manifest
/// digest's hex, so that a node that has nothing but a trust key can get all that it needs here.
///
/// Opening reads no blob; an index is read when somebody asks for something that only it knows.
class BundleContent final : public registry_server::Content {
public:
  /// `bundles` in the order of their precedence, at least one. format error for a reference that is none.
  static Result<std::shared_ptr<const BundleContent>> make(std::vector<std::shared_ptr<const bundle::Bundle>> bundles);
  ~BundleContent() override;

  /// References that two bundles (or, without `?ns=`, two registries) give different digests, as lines for people. The
  /// first named wins the tag; by digest both are served.
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept;

  [[nodiscard]] std::vector<std::string> repositories() const override;
  [[nodiscard]] std::optional<std::vector<std::string>> tags(
      const registry_server::RepositoryName& name) const override;
  [[nodiscard]] std::optional<registry_server::ManifestEntry> resolve_tag(const registry_server::RepositoryName& name,
                                                                          std::string_view tag) const override;
  [[nodiscard]] std::optional<registry_server::ManifestEntry> resolve_digest(
      const registry_server::RepositoryName& name, const crypto::Digest& digest) const override;
  Result<std::string> manifest_bytes(const registry_server::ManifestEntry& manifest) const override;
  Result<std::shared_ptr<const registry_server::BlobReader>> open_blob(const registry_server::RepositoryName& name,
                                                                       const crypto::Digest& digest) const override;
  [[nodiscard]] std::vector<registry_server::Referrer> referrers(const registry_server::RepositoryName& name,
                                                                 const crypto::Digest& digest) const override;
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> summary() const override;

private:
  class State;
  explicit BundleContent(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kubeferry::installer
