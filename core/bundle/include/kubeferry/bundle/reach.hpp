// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/bundle/bundle.hpp>

// Which blobs belong to what.
namespace kubeferry::bundle {

/// Whether what is marked `offered` ("linux/arm/v7") is for the platform `wanted` ("linux/arm"). An empty `wanted` is
/// every platform; what cannot be parsed is for itself alone.
[[nodiscard]] bool serves_platform(std::string_view wanted, std::string_view offered);

/// The manifest of `part`, its configuration and its layers, in that order. `who` names it in errors. integrity error
/// when one of them is not in the bundle; format errors of the manifest.
Result<std::vector<crypto::Digest>> blobs_of(const Bundle& bundle, const PlatformManifest& part, std::string_view who);

/// What a bundle holds for one platform. Bytes are of content, each blob once.
struct PlatformSize {
  std::string platform;
  std::uint64_t images = 0;
  std::uint64_t image_bytes = 0;
  std::uint64_t files = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t packages = 0;  ///< of operating systems, without their indexes
  std::uint64_t package_bytes = 0;
};

/// One for each platform of the manifest, in its order. Reads every image manifest of the bundle; errors of blobs_of.
Result<std::vector<PlatformSize>> platform_sizes(const Bundle& bundle);

}  // namespace kubeferry::bundle
