// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/bundle/manifest.hpp>

namespace kubeferry::bundle {

enum class Change { added, removed, changed };
[[nodiscard]] std::string_view to_string(Change change) noexcept;

/// One thing that two bundles do not have in common.
struct Difference {
  Change change = Change::changed;
  std::string kind;      ///< "platform", "image", "file", "package", "document"
  std::string name;      ///< "registry.k8s.io/pause:3.10", "/usr/local/bin/runc", "debian-12 pool/socat_1_arm64.deb"
  std::string platform;  ///< of a file or package, or of one manifest of an image; empty otherwise
  std::string before;    ///< digest; empty when added, and for platforms
  std::string after;     ///< digest; empty when removed, and for platforms
};

/// Blobs and the bytes they take in the bundle.
struct BlobCount {
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;
};

struct BundleDiff {
  std::vector<Difference> differences;  ///< platforms, images, files, packages, documents; each sorted by name
  BlobCount shared;                     ///< what both have: an update need not carry it again
  BlobCount only_before;
  BlobCount only_after;
};

/// What changes for somebody who has `before` and gets `after`.
[[nodiscard]] BundleDiff diff(const Manifest& before, const Manifest& after);

}  // namespace kubeferry::bundle
