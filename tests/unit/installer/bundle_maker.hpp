// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <kubeferry/bundle/bundle.hpp>

#include "sample.hpp"

namespace kubeferry::installer::testing_support {

using bundle::testing_support::Folder;

inline constexpr std::string_view k_index_type = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view k_manifest_type = "application/vnd.oci.image.manifest.v1+json";

Bytes bytes_of(std::string_view text);

/// Puts a bundle together from images that tests make up.
class BundleMaker {
public:
  BundleMaker();

  oci::Descriptor blob(const Bytes& content, std::string media_type);
  /// A manifest with one layer of `size` bytes for each seed, and a configuration of its own.
  oci::Descriptor image(const std::string& architecture, const std::vector<unsigned>& layers, std::size_t size = 5000);
  /// An artifact that refers to `subject`; `note` tells apart those of one type.
  oci::Descriptor referrer(const oci::Descriptor& subject, const std::string& artifact_type,
                           const std::string& note = {});
  /// An index of `entries` and, behind them, of manifests that are not in the bundle.
  oci::Descriptor index(const std::vector<std::pair<std::string, oci::Descriptor>>& entries,
                        const std::vector<std::string>& absent = {});
  /// Names what was made. `parts` are platforms with their manifests.
  void name(const std::string& reference, const oci::Descriptor& what, std::vector<bundle::PlatformManifest> parts = {},
            std::vector<std::string> omitted = {});
  /// A document of YAML that the bundle brings: kind "spec", "cni-manifest".
  void document(std::string kind, std::string name, std::string_view text);
  void name_artifact(const std::string& reference, const oci::Descriptor& what);

  /// "registry.k8s.io/…" with amd64 and arm64 made from `seed`, complete. Returns the index.
  oci::Descriptor two_platforms(const std::string& reference, unsigned seed);

  bundle::Manifest& manifest() { return sample_.plan.manifest; }
  /// The key that write() signs with, made once.
  const crypto::PrivateKey& key();
  std::shared_ptr<const bundle::Bundle> write(const std::filesystem::path& path,
                                              bundle::Reread reread = bundle::Reread::verify);
  std::shared_ptr<const bundle::Bundle> write(const Folder& folder, const std::string& file_name,
                                              bundle::Reread reread = bundle::Reread::verify) {
    return write(folder / file_name, reread);
  }

private:
  bundle::testing_support::Sample sample_;
  std::optional<crypto::PrivateKey> key_;
};

}  // namespace kubeferry::installer::testing_support
