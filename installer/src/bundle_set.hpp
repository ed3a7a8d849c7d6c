// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <kubeferry/bundle/bundle.hpp>

namespace kubeferry::installer {

/// Several bundles as one store of blobs: a delta with its base, or whatever is served together.
class BundleSet {
public:
  explicit BundleSet(std::vector<std::shared_ptr<const bundle::Bundle>> bundles) : bundles_(std::move(bundles)) {}

  [[nodiscard]] const std::vector<std::shared_ptr<const bundle::Bundle>>& bundles() const noexcept { return bundles_; }

  /// The first bundle that holds a blob; null pointer when none does.
  [[nodiscard]] std::shared_ptr<const bundle::Bundle> holder(const crypto::Digest& digest) const;

  /// A manifest's or index's bytes, verified. usage error when no bundle holds it.
  Result<Bytes> manifest(const crypto::Digest& digest) const;

private:
  std::vector<std::shared_ptr<const bundle::Bundle>> bundles_;
};

}  // namespace kubeferry::installer
