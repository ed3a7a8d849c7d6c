// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/bundle/package_rows.hpp>
#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/oci/descriptor.hpp>

// The signed table of contents (docs/format.md §3).
namespace kubeferry::bundle {

/// One entry of the payload's tar stream, in the order of the stream.
struct BlobRow {
  crypto::Digest digest;     ///< of the content
  std::uint64_t size = 0;    ///< bytes of content
  std::uint64_t offset = 0;  ///< where its stored bytes start in the payload
  std::uint64_t stored = 0;  ///< how many they are
  std::string encoding;      ///< "raw" or "zstd" (encoding.hpp)
  std::string name;          ///< tar name; empty for blobs/sha256/<hex>

  [[nodiscard]] std::string tar_name() const;
};

/// One platform's manifest of an image.
struct PlatformManifest {
  std::string platform;  ///< "linux/arm64", with its variant when the index names one
  oci::Descriptor descriptor;
};

/// One image or artifact, under the reference that users write.
struct ImageRow {
  std::string reference;                    ///< canonical: registry/repository:tag, or …@digest
  oci::Descriptor descriptor;               ///< what the reference means: an index, or a single manifest
  std::vector<PlatformManifest> manifests;  ///< what of it is in this bundle
  std::vector<std::string> omitted;         ///< platforms that the index names and the bundle does not hold
};

/// The component of kubeferry itself, for each platform of the bundle.
inline constexpr std::string_view k_own_component = "kubeferry";

/// One file that lands on a node.
struct FileRow {
  crypto::Digest digest;
  std::string platform;
  std::string path;        ///< absolute, below one of the allowed directories
  std::uint32_t mode = 0;  ///< 0644 or 0755
  std::string component;   ///< whose file it is: "kubelet", "cni-plugins", "user", k_own_component
  std::string source;      ///< where it came from, for people
};

/// One document about the bundle: spec, lock, sbom, provenance, cni-manifest, cni-changes.
struct DocumentRow {
  std::string kind;
  std::string name;
  std::string media_type;
  crypto::Digest digest;
};

struct Manifest {
  std::string name;
  std::string version;
  std::string stream;
  std::uint64_t sequence = 0;
  TimePoint created;
  std::optional<TimePoint> not_after;
  std::string audience;
  std::string minimum_tool;
  std::string kubernetes;  ///< "v1.34.2", or empty
  std::vector<std::string> platforms;
  std::uint64_t payload_length = 0;
  std::uint64_t chunk_size = 0;
  std::vector<crypto::Digest> chunks;  ///< SHA-256 of each `chunk_size` bytes of payload, the last may be shorter
  std::vector<BlobRow> blobs;
  std::vector<ImageRow> images;
  std::vector<ImageRow> artifacts;  ///< node files as OCI artifacts
  std::vector<FileRow> files;
  std::vector<PackageRepository> packages;
  std::vector<DocumentRow> documents;

  /// The row of a blob; null pointer when the bundle does not hold it. Binary search is not possible (rows are in
  /// stream order), so callers that look up often build an index (BlobIndex).
  [[nodiscard]] const BlobRow* find_blob(const crypto::Digest& digest) const;
};

/// Deterministic text of a manifest: compact JSON, members in a fixed order.
[[nodiscard]] std::string to_text(const Manifest& manifest);

/// Parses the manifest's text strictly and checks that it is consistent: every blob lies exactly where the rows before
/// it put it, chunks cover the payload, every digest that is named is there, paths and modes are allowed.
/// format, limit errors; policy error when `minimum_tool` is newer than this program.
Result<Manifest> parse_manifest(std::string_view text);

}  // namespace kubeferry::bundle
