// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/extra_manifests.hpp>

#include <kubeferry/base/text.hpp>
#include <kubeferry/catalog/cni_manifest.hpp>

#include "manifests.hpp"

namespace kubeferry::node {

Result<std::vector<ExtraManifest>> extra_manifests_of(const source::NodeSource& source) {
  std::vector<ExtraManifest> out;
  for (const bundle::DocumentRow& row : source.manifest().documents) {
    if (row.kind != "manifest") {
      continue;
    }
    KF_TRY_ASSIGN(const Bytes bytes, source.read(row.digest, catalog::k_max_manifest_bytes));
    ExtraManifest extra{row.name.substr(0, row.name.rfind(".yaml")), std::string(as_text(bytes)), {}};
    KF_TRY_ASSIGN(extra.images, catalog::manifest_images(extra.manifest, row.name));
    out.push_back(std::move(extra));
  }
  return out;
}

Result<ExtraManifest> with_site_images(ExtraManifest extra, const SiteNames& names) {
  KF_TRY(rename_images(extra.manifest, extra.images, extra.name, names));
  return extra;
}

std::unique_ptr<const steps::Step> extra_manifest(std::string kubectl, std::string name, std::string manifest) {
  std::string summary = fmt::format("apply the manifest {}", name);
  return applied({.kind = "extra-manifest", .target = std::move(name), .summary = std::move(summary)},
                 std::move(kubectl), std::move(manifest));
}

}  // namespace kubeferry::node
