// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/builder/locked_packages.hpp>
#include <kubeferry/catalog/spec.hpp>
#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/oci/descriptor.hpp>

namespace kubeferry::builder {

/// One platform of a locked image: everything that must be fetched for it.
struct LockedManifest {
  std::string platform;
  oci::Descriptor descriptor;  ///< media type, digest, size
  oci::Descriptor config;
  std::vector<oci::Descriptor> layers;
  [[nodiscard]] bool operator==(const LockedManifest&) const = default;
};

struct LockedImage {
  std::string reference;       ///< canonical
  oci::Descriptor descriptor;  ///< what it meant when it was locked
  std::vector<LockedManifest> manifests;
  std::vector<std::string> omitted;
  [[nodiscard]] bool operator==(const LockedImage&) const = default;
};

/// A file that comes out of a download: the download itself, or a member of an archive.
struct LockedFile {
  std::string member;  ///< name in the archive; empty for the download itself
  crypto::Digest digest;
  std::uint64_t size = 0;
  std::vector<std::string> platforms;
  std::string path;
  std::uint32_t mode = 0755;
  [[nodiscard]] bool operator==(const LockedFile&) const = default;
};

struct LockedDownload {
  std::string url;     ///< empty for a local file
  std::string source;  ///< local path, as the spec resolved it; empty for a URL
  std::string kind;    ///< "binary", "archive", "manifest" (of the pod network), "extra-manifest" (of the spec)
  std::string name;    ///< component; of an extra manifest its own
  crypto::Digest digest;
  std::uint64_t size = 0;
  std::vector<LockedFile> files;  ///< in the order they come; none for a manifest
  [[nodiscard]] bool operator==(const LockedDownload&) const = default;
};

/// Whether it is read and carried as a document, not as a file for nodes.
[[nodiscard]] inline bool is_manifest(const LockedDownload& download) {
  return download.kind == "manifest" || download.kind == "extra-manifest";
}

/// Every reference of a spec, resolved to digests and sizes. The one moment of trust on first use ends here: what is
/// locked is fetched by digest and nothing else.
struct Lock {
  TimePoint created;
  std::string spec;  ///< spec_identity() of the spec it was made from
  std::vector<LockedImage> images;
  std::vector<LockedDownload> downloads;
  std::vector<LockedRepository> packages;  ///< by distribution as the spec has them, then by platform
};

/// What decides a lock's content in a spec, as a digest: not its upstreams, name or version.
[[nodiscard]] std::string spec_identity(const catalog::Spec& spec);

/// Deterministic, indented JSON, ends with a newline: made to be committed and reviewed.
[[nodiscard]] std::string to_text(const Lock& lock);

inline constexpr std::uint64_t k_max_lock_bytes = std::uint64_t{32} << 20;
/// Strict inverse of to_text. format errors naming `what` and the place.
Result<Lock> parse_lock(std::string_view text, std::string_view what);

/// Reads and parses a lock file and sees that it belongs to `spec`: usage error that says to lock again otherwise.
Result<Lock> load_lock(const std::filesystem::path& path, const catalog::Spec& spec);

/// What is different in `after`, a line each, for people: "changed  registry.k8s.io/pause:3.10  sha256:… -> sha256:…".
/// The packages of a distribution and platform of which `before` has none, or `after`, are one line with their number.
[[nodiscard]] std::vector<std::string> changes(const Lock& before, const Lock& after);

}  // namespace kubeferry::builder
