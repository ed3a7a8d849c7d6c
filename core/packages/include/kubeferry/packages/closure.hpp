// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/digest.hpp>

namespace kubeferry::packages {

/// Which family of packages, repositories and rules.
enum class Format {
  deb,  ///< Debian policy, chapter 7; an index is `Packages` (Debian wiki, DebianRepository/Format)
  rpm,  ///< an index is `primary.xml` of a repomd repository (createrepo)
};
[[nodiscard]] std::string_view to_string(Format format);

/// One list of what a repository has, verified and decompressed. Both refer to what somebody else keeps.
struct Index {
  std::string_view name;  ///< its URL, for messages
  std::string_view text;
};

struct ClosureRequest {
  Format format = Format::deb;
  std::string architecture;        ///< in the distribution's words: "armhf", "aarch64"
  std::vector<Index> indexes;      ///< where several have a package, the newest version is taken
  std::vector<std::string> names;  ///< what is to be installed
};

/// A package that is to be carried.
struct Package {
  std::string name;
  std::string version;       ///< [epoch:]upstream-revision
  std::string architecture;  ///< the request's, or "all" / "noarch"
  std::string location;      ///< relative to the repository's root, as its index has it
  crypto::Digest digest;     ///< sha256
  std::uint64_t size = 0;    ///< in bytes
  std::size_t index = 0;     ///< which of the request's indexes has it
  std::string entry;         ///< its stanza, or its <package> element, as it stands there
  [[nodiscard]] bool operator==(const Package&) const = default;
};

struct Closure {
  std::vector<Package> packages;  ///< by name, then version
  std::vector<std::string>
      unknown;  ///< names that no index has, in the request's order; the rest was solved without them
};

/// What must be there so that `names` can be installed on a host on which nothing is: all they need, without what is
/// only recommended. Of alternatives the first is preferred. What every host has in some version (deb: Essential, or
/// Priority: required) decides alternatives and virtual packages, and is carried where something needs it, because it
/// may have to be newer; of what it needs itself, only what it needs in a certain version.
///
/// usage error when it cannot be solved, naming the package and what it lacks; format error, naming the index, when an
/// entry lacks what is needed of it (a version, a SHA-256, a size, a file name) or has what it must not (a location
/// that leads out of the repository).
Result<Closure> closure_of(const ClosureRequest& request);

}  // namespace kubeferry::packages
