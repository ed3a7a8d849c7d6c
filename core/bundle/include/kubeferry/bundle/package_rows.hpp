// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/digest.hpp>

// Operating system packages in a bundle (docs/format.md §3.9).
namespace kubeferry::bundle {

/// The first version of this program that knows packages: what a bundle with some must state as its minimum tool.
inline constexpr std::string_view k_packages_since = "0.2.0";

inline constexpr std::string_view k_deb = "deb";
inline constexpr std::string_view k_rpm = "rpm";

/// One file of a package repository.
struct PackageFile {
  std::string path;  ///< relative to the repository's root, normalised: "pool/socat_1.7.4.4-2_arm64.deb", "Packages"
  crypto::Digest digest;
  std::string source;  ///< where it came from, for people; empty for what the builder wrote
};

/// What one distribution needs on one platform, as a folder that its package manager takes for a repository.
struct PackageRepository {
  std::string name;                  ///< "debian-12"
  std::string format;                ///< k_deb: a flat repository of apt's; k_rpm: repodata/repomd.xml
  std::string platform;              ///< "linux/arm64"
  std::string distribution;          ///< os-release's ID: "debian"
  std::string distribution_version;  ///< os-release's VERSION_ID, or its first part: "12", "8" for 8.10
  std::vector<std::string> install;  ///< packages that were asked for; the rest is what they need
  std::vector<PackageFile> files;

  /// Whether `path` is a package, rather than one of the repository's own indexes.
  [[nodiscard]] bool is_package(std::string_view path) const;
};

/// The repository for a host whose os-release says `id` and `version`: one of that distribution and platform whose
/// version is the host's or its first part at a dot; of several the most exact. Null pointer when there is none.
/// Distributions that are only like another (ID_LIKE) are others: their packages are built differently.
[[nodiscard]] const PackageRepository* find_repository(std::span<const PackageRepository> repositories,
                                                       std::string_view id, std::string_view version,
                                                       std::string_view platform);

/// Whether a package manager can only take `text` for the name of a package to install: no option, no pattern, no
/// version, no request to remove it.
[[nodiscard]] bool is_package_name(std::string_view text);

/// The value of the manifest's member `packages`.
[[nodiscard]] Json packages_json(const std::vector<PackageRepository>& repositories);

/// One element of it. format error that names the place unless names, paths and the files that its format demands are
/// as docs/format.md §3.9 says.
Result<PackageRepository> package_repository(const JsonView& view);

}  // namespace kubeferry::bundle
