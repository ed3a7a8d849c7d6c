// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stop_token>

#include <kubeferry/base/progress.hpp>
#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/source/remote.hpp>

namespace kubeferry::source {

struct FetchOptions {
  std::filesystem::path path;  ///< its directory must exist
  std::size_t transfers = 4;   ///< chunks at once
  bundle::Reread reread = bundle::Reread::verify;
  Progress* progress = nullptr;  ///< gets its total and the finished bytes; may be null
  std::stop_token stop;
};

/// Writes the bundle at a registry as a file, byte for byte the one it was made from, and opens it.
///
/// Written as PATH.partial, each chunk verified before; killed at any moment, the next call keeps what is right there
/// and fetches the rest. The bundle appears under PATH complete and durable, or not at all; mode 0644. When it is there
/// already, it is opened, and nothing fetched.
///
/// usage error when PATH is something else; locked when another process is at it; no_space before anything is fetched,
/// where the file system can tell; io; interrupted; remote()'s errors.
Result<std::shared_ptr<const bundle::Bundle>> fetch_bundle(const RemoteBundle& remote, const FetchOptions& options);

}  // namespace kubeferry::source
