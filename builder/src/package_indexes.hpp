// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <kubeferry/builder/locked_packages.hpp>
#include <kubeferry/builder/upstream.hpp>
#include <kubeferry/catalog/distribution.hpp>
#include <kubeferry/packages/release.hpp>
#include <kubeferry/packages/signature.hpp>

namespace kubeferry::builder {

/// A list of packages, checked and decompressed.
struct FetchedIndex {
  LockedIndex locked;
  std::string root;  ///< what its packages' locations are relative to
  std::string text;
};

struct FetchedIndexes {
  std::vector<FetchedIndex> indexes;
  std::vector<std::string> without;  ///< suites that have nothing for the architecture, by URL
};

/// Fetches lists of packages and believes none that its source does not vouch for. What was fetched of a suite once
/// holds for all its architectures.
class IndexReader {
public:
  /// `now` is what Valid-Until is compared with.
  IndexReader(Upstream& upstream, TimePoint now) : upstream_(&upstream), now_(now) {}

  /// Of every source of `need`. Errors as resolve_packages().
  Result<FetchedIndexes> read(const catalog::PackageNeed& need);

private:
  struct Suite {
    packages::Release release;
    std::string proof;
  };

  Status read_deb(const catalog::PackageNeed& need, const catalog::PackageSource& source, FetchedIndexes& out);
  Status read_rpm(const catalog::PackageNeed& need, const catalog::PackageSource& source, FetchedIndexes& out);
  Result<const Suite*> suite(const catalog::PackageNeed& need, const catalog::PackageSource& source,
                             const std::string& name);
  Result<std::string> signed_release(const catalog::PackageNeed& need, const catalog::PackageSource& source,
                                     const std::string& folder);
  Result<FetchedIndex> fetch(const std::string& folder, const packages::ListedFile& file, bool by_hash);
  Result<const packages::SignatureChecker*> checker();

  Upstream* upstream_;
  TimePoint now_;
  std::optional<packages::SignatureChecker> checker_;
  std::map<std::string, Suite> suites_;
};

/// The file that `keyring` means: a path, or a name in the folders where keyrings are. usage error naming `from`, the
/// packages that have it, when it is in none.
Result<std::string> find_keyring(const std::string& keyring, const std::string& from);

}  // namespace kubeferry::builder
