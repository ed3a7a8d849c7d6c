// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/packages/closure.hpp>
#include <kubeferry/packages/release.hpp>

namespace kubeferry::packages {

/// The one file of an RPM repository's repomd.xml that a closure needs: primary.xml, mostly compressed. Its path is
/// relative to the repository's root. format error, naming `what`, when there is none with a SHA-256.
Result<ListedFile> parse_repomd(std::string_view xml, std::string_view what);

/// Where a package lies in the repository that is carried: "pool/chrony_4.3-2+deb12u1_arm64.deb", "packages/….rpm".
[[nodiscard]] std::string carried_path(Format format, std::string_view location);

/// A file of the repository that is made, not fetched.
struct MadeFile {
  std::string path;
  std::string content;
};

struct RepositoryDescription {
  Format format = Format::deb;
  std::string name;          ///< "debian-12"
  std::string architecture;  ///< in the distribution's words
  TimePoint created;
};

/// The metadata by which apt (a flat repository: Packages, Release) or dnf and zypper (repodata/repomd.xml,
/// primary.xml) read a folder that holds `packages` at their carried_path(). Upstream's entries, but for the location.
/// The same bytes for the same input. usage error when two packages want the same path; format error when an entry has
/// no location.
Result<std::vector<MadeFile>> repository_files(const RepositoryDescription& about,
                                               const std::vector<Package>& packages);

}  // namespace kubeferry::packages
