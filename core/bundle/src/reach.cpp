// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/reach.hpp>

#include <unordered_set>

#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/oci/platform.hpp>

namespace kubeferry::bundle {

bool serves_platform(std::string_view wanted, std::string_view offered) {
  if (wanted.empty() || wanted == offered) {
    return true;
  }
  const auto want = oci::Platform::parse(wanted);
  const auto offer = oci::Platform::parse(offered);
  return want && offer && oci::match_rank(*want, *offer).has_value();
}

Result<std::vector<crypto::Digest>> blobs_of(const Bundle& bundle, const PlatformManifest& part, std::string_view who) {
  KF_TRY_ASSIGN(const Bytes bytes, bundle.read(part.descriptor.digest, oci::k_max_manifest_bytes));
  KF_TRY_ASSIGN(const oci::Manifest manifest, oci::parse_manifest(bytes, part.descriptor.media_type, who));
  std::vector<crypto::Digest> digests = {part.descriptor.digest, manifest.config.digest};
  for (const auto& layer : manifest.layers) {
    digests.push_back(layer.digest);
  }
  for (const auto& digest : digests) {
    if (bundle.find(digest) == nullptr) {
      return fail(ExitCode::integrity, "{}: {} is incomplete: {} is not in the bundle", bundle.name(), who,
                  digest.to_string());
    }
  }
  return digests;
}

Result<std::vector<PlatformSize>> platform_sizes(const Bundle& bundle) {
  std::vector<PlatformSize> sizes;
  for (const auto& platform : bundle.manifest().platforms) {
    PlatformSize size{.platform = platform};
    std::unordered_set<crypto::Digest> images;
    for (const auto& image : bundle.manifest().images) {
      bool any = false;
      for (const auto& part : image.manifests) {
        if (!serves_platform(platform, part.platform)) {
          continue;
        }
        any = true;
        KF_TRY_ASSIGN(const auto digests, blobs_of(bundle, part, image.reference + " for " + part.platform));
        for (const auto& digest : digests) {
          size.image_bytes += images.insert(digest).second ? bundle.find(digest)->size : 0;
        }
      }
      size.images += any ? 1 : 0;
    }
    std::unordered_set<crypto::Digest> files;
    for (const auto& file : bundle.manifest().files) {
      if (serves_platform(platform, file.platform)) {
        ++size.files;
        size.file_bytes += files.insert(file.digest).second ? bundle.find(file.digest)->size : 0;
      }
    }
    std::unordered_set<crypto::Digest> packages;
    for (const auto& repository : bundle.manifest().packages) {
      for (const auto& file : repository.files) {
        if (serves_platform(platform, repository.platform) && repository.is_package(file.path)) {
          ++size.packages;
          size.package_bytes += packages.insert(file.digest).second ? bundle.find(file.digest)->size : 0;
        }
      }
    }
    sizes.push_back(std::move(size));
  }
  return sizes;
}

}  // namespace kubeferry::bundle
