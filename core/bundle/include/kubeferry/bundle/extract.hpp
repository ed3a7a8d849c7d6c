// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include <kubeferry/base/progress.hpp>
#include <kubeferry/base/stream.hpp>
#include <kubeferry/bundle/bundle.hpp>

namespace kubeferry::bundle {

enum class ExtractWhat {
  everything,
  layout,  ///< the images, as an OCI image layout
  files,   ///< the node files, as files/<os>-<architecture>/<path>, and manifests for the cluster, as manifests/<name>
  packages,  ///< the package repositories, as packages/<os>-<architecture>/<name>/<path>
};

struct ExtractOptions {
  std::filesystem::path directory;  ///< made when missing; its parent must exist
  std::string platform;             ///< "linux/arm64"; empty: all
  ExtractWhat what = ExtractWhat::everything;
  std::size_t threads = 1;
  Progress* progress = nullptr;  ///< gets its total and the finished bytes; may be null
  std::stop_token stop;
};

struct ExtractResult {
  std::uint64_t files_written = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t files_kept = 0;  ///< were there already, with the right content
  std::uint64_t bytes_kept = 0;
};

/// Writes a bundle's content as plain files. Each appears complete and with its digest proven, or not at all; nothing
/// is ever written through a symbolic link below the directory. Files that are there and equal are kept, others of the
/// same names replaced; everything else in the directory stays. Directories get mode 0755, blobs 0644, node files
/// their own.
///
/// With a platform, the layout holds that platform's manifests and layers only: its indexes stay as they are, so
/// entries of other platforms point at blobs that are not there.
///
/// usage error for a platform that the bundle does not have; io (no_space) errors, naming what stands in the way, and
/// known before anything is written when the file system has too little from the start; integrity errors of the
/// content; interrupted.
Result<ExtractResult> extract(const Bundle& bundle, const ExtractOptions& options);

/// What of a bundle is needed to write its files, wherever it lies.
struct Contents {
  const Manifest* manifest = nullptr;  ///< signed; not null, and not owned
  /// The content of one of its blobs, verified as it is read. Called by several threads at once.
  std::function<Result<std::unique_ptr<Source>>(const crypto::Digest&)> stream;
};
/// Of a bundle at hand, which must outlive it.
[[nodiscard]] Contents contents_of(const Bundle& bundle);

/// Writes one of the bundle's package repositories, its files right below the directory, in the same way. Of `options`,
/// platform and what do not count. Errors of `contents`, too.
Result<ExtractResult> extract_repository(const Contents& contents, const PackageRepository& repository,
                                         const ExtractOptions& options);

}  // namespace kubeferry::bundle
