// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/packages/closure.hpp>

namespace kubeferry::builder {

/// A list of packages that was believed, and why.
struct LockedIndex {
  std::string url;
  crypto::Digest digest;
  std::string proof;  ///< "keyring debian-archive-keyring.gpg", "sha256", "UNSIGNED"
  [[nodiscard]] bool operator==(const LockedIndex&) const = default;
};

struct LockedPackage {
  std::string url;
  packages::Package package;
  [[nodiscard]] bool operator==(const LockedPackage&) const = default;
};

/// The packages of one distribution for one platform: all that is fetched, and all that its own lists say of it.
struct LockedRepository {
  std::string name;          ///< "debian-12"
  std::string distribution;  ///< "debian"
  std::string version;       ///< "12"
  packages::Format format = packages::Format::deb;
  std::string platform;      ///< "linux/arm64"
  std::string architecture;  ///< in the distribution's words
  std::vector<std::string> install;
  std::vector<LockedIndex> indexes;
  std::vector<LockedPackage> packages;  ///< by name
  [[nodiscard]] bool operator==(const LockedRepository&) const = default;
};

// A lock's member `packages`: an array of these. Errors as parse_lock().
[[nodiscard]] Json to_json(const LockedRepository& repository);
Result<LockedRepository> locked_repository(const JsonView& view);

}  // namespace kubeferry::builder
