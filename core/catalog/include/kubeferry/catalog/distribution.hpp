// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>

namespace kubeferry::catalog {

enum class PackageFormat { deb, rpm };
[[nodiscard]] std::string_view to_string(PackageFormat format);

/// Where packages come from, and by what their list is believed. Exactly one of `keyring`, `sha256` and `unsigned_`.
struct PackageSource {
  std::string url;                      ///< root of the repository; "{arch}" is the architecture's name there
  std::vector<std::string> suites;      ///< deb: "bookworm-updates", or a folder that ends in "/"; rpm: none
  std::vector<std::string> components;  ///< deb: "main"; none where the suite is a folder
  std::vector<std::string> platforms;   ///< canonical names; empty: all of the distribution's
  std::string keyring;                  ///< file of OpenPGP keys: a path, or a name in the usual folders
  std::string sha256;                   ///< rpm: of repomd.xml
  bool unsigned_ = false;               ///< nothing but TLS vouches for the list
  bool check_valid_until = true;        ///< deb: Valid-Until in the past is an error
  [[nodiscard]] bool operator==(const PackageSource&) const = default;
};

struct DistributionRelease {
  std::string version;                     ///< os-release's VERSION_ID, or its first part: "12", "9"
  std::vector<std::string> architectures;  ///< OCI's names
  std::vector<PackageSource> sources;      ///< empty: not published for everybody (Distribution::unpublished)
};

/// A Linux distribution: what a node needs of it, and where that is.
struct Distribution {
  std::string name;  ///< os-release's ID
  PackageFormat format = PackageFormat::deb;
  std::vector<std::string> install;  ///< what a kubeadm node needs, by this distribution's names
  std::string keyring_from;          ///< which packages have its keyring, for people
  std::string unpublished;           ///< why releases have no sources
  std::vector<DistributionRelease> releases;
};

/// What a spec asks for of one distribution.
struct PackagesSpec {
  std::string distribution;             ///< os-release's ID
  std::string version;                  ///< os-release's VERSION_ID, or its first part
  std::vector<std::string> install;     ///< instead of the catalog's list; empty: that one
  std::vector<std::string> also;        ///< besides it
  std::vector<PackageSource> sources;   ///< instead of the catalog's; empty: those
  std::optional<PackageFormat> format;  ///< of `sources`; absent without any
  int line = 0;                         ///< in the spec, for errors found later
  [[nodiscard]] std::string name() const { return distribution + "-" + version; }
};

/// What a bundle needs of one distribution on one platform.
struct PackageNeed {
  std::string name;          ///< of the repository in the bundle: "debian-12"
  std::string distribution;  ///< "debian"
  std::string version;       ///< "12"
  PackageFormat format = PackageFormat::deb;
  std::string platform;                ///< "linux/arm64"
  std::string architecture;            ///< in the distribution's words: "armhf", "aarch64"
  std::vector<std::string> install;    ///< never empty
  std::vector<PackageSource> sources;  ///< those for this platform, "{arch}" replaced; never empty
  std::string keyring_from;            ///< which packages have the distribution's keyring, for people
};

}  // namespace kubeferry::catalog
