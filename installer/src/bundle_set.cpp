// SPDX-License-Identifier: Apache-2.0
#include "bundle_set.hpp"

#include <kubeferry/oci/manifest.hpp>

namespace kubeferry::installer {

std::shared_ptr<const bundle::Bundle> BundleSet::holder(const crypto::Digest& digest) const {
  for (const auto& bundle : bundles_) {
    if (bundle->find(digest) != nullptr) {
      return bundle;
    }
  }
  return nullptr;
}

Result<Bytes> BundleSet::manifest(const crypto::Digest& digest) const {
  const auto bundle = holder(digest);
  if (bundle == nullptr) {
    return fail(ExitCode::usage, "none of the bundles holds the manifest {}", digest.to_string());
  }
  return bundle->read(digest, oci::k_max_manifest_bytes);
}

}  // namespace kubeferry::installer
