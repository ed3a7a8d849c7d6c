// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <optional>

#include <kubeferry/builder/resolve.hpp>
#include <kubeferry/oci/manifest.hpp>

namespace kubeferry::builder {

/// What a resolution collects from several threads.
class Collected {
public:
  void document(const crypto::Digest& digest, Bytes bytes);
  [[nodiscard]] std::optional<Bytes> find(const crypto::Digest& digest);
  void skipped(std::string line);
  void warn(const ResolveOptions& options, const std::string& line);
  /// Moves everything out; only when no thread works any more.
  void take(Resolution& resolution);

private:
  std::mutex mutex_;
  std::map<crypto::Digest, Bytes> documents_;
  std::vector<std::string> skipped_;
};

/// One image and all its wanted platforms.
Result<LockedImage> resolve_image(const catalog::ImageNeed& need, catalog::Missing missing, Upstream& upstream,
                                  const ResolveOptions& options, Collected& collected);

}  // namespace kubeferry::builder
