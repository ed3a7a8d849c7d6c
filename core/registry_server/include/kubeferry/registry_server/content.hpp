// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/digest.hpp>

namespace kubeferry::registry_server {

/// What a client calls a repository: the path of its request and, when it asks us as a mirror, the host it means.
/// A view: valid for the call it is passed to.
struct RepositoryName {
  std::string_view path;  ///< "kube-apiserver", "library/busybox"; already checked against the OCI grammar
  std::string_view host;  ///< from `?ns=`, such as "registry.k8s.io"; empty when the client named none. Not checked.
};

/// Which manifest a name means.
struct ManifestEntry {
  crypto::Digest digest;
  std::string media_type;
  std::uint64_t size = 0;  ///< bytes
};

/// A manifest that points at another one (OCI image-spec: subject).
struct Referrer {
  ManifestEntry manifest;
  std::string artifact_type;  ///< empty when it states none
  std::vector<std::pair<std::string, std::string>> annotations;
};

/// A piece of a file that holds bytes of a blob as they are.
struct FileSpan {
  int fd = -1;               ///< owned by the content; open as long as the BlobReader lives
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t length = 0;  ///< bytes, > 0
};

/// The bytes of one blob. Calls come from several threads at once, and also after the Content's caller has let go of
/// the reader's siblings: whatever a reader needs, it holds.
class BlobReader {
public:
  virtual ~BlobReader() = default;

  [[nodiscard]] virtual std::uint64_t size() const = 0;

  /// Fills all of `buffer` from `offset` (offset + buffer.size() ≤ size()) with verified bytes, or fails: integrity
  /// when they do not match the signed digests, io when they cannot be read. Nothing of a failed read is ever sent. May
  /// block for as long as verifying one chunk takes; callers read forwards in pieces of 16 KiB to 64 KiB.
  virtual Status read_at(std::uint64_t offset, MutableByteView buffer) const = 0;

  /// The verified, stored-as-is bytes from `offset` < size(), as far as they are contiguous: they may be sent with
  /// sendfile(2). May verify them first. Nothing when that is not possible here; then read_at() is asked.
  virtual std::optional<FileSpan> span_at(std::uint64_t offset) const {
    static_cast<void>(offset);
    return std::nullopt;
  }
};

/// What there is to serve. Read-only by construction; calls come from several threads at once.
class Content {
public:
  virtual ~Content() = default;

  /// Every repository path a client may ask for without `?ns=`, in any order.
  [[nodiscard]] virtual std::vector<std::string> repositories() const = 0;

  /// The tags of a repository, in any order; nothing when there is no such repository.
  [[nodiscard]] virtual std::optional<std::vector<std::string>> tags(const RepositoryName& name) const = 0;

  /// The manifest a tag or digest means in a repository; nothing when there is none.
  [[nodiscard]] virtual std::optional<ManifestEntry> resolve_tag(const RepositoryName& name,
                                                                 std::string_view tag) const = 0;
  [[nodiscard]] virtual std::optional<ManifestEntry> resolve_digest(const RepositoryName& name,
                                                                    const crypto::Digest& digest) const = 0;

  /// The bytes of a manifest that resolve_…() returned, exactly as its author wrote them. integrity or io errors.
  virtual Result<std::string> manifest_bytes(const ManifestEntry& manifest) const = 0;

  /// A blob (layer, configuration) of a repository; a null pointer when there is none. io errors.
  virtual Result<std::shared_ptr<const BlobReader>> open_blob(const RepositoryName& name,
                                                              const crypto::Digest& digest) const = 0;

  /// The manifests whose subject is `digest`, of every artifact type; empty when there are none.
  [[nodiscard]] virtual std::vector<Referrer> referrers(const RepositoryName& name,
                                                        const crypto::Digest& digest) const = 0;

  /// What the page at `/` says first: label and value, such as {"bundle", "site 2026.11.1"}. Plain text, not HTML.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> summary() const = 0;
};

}  // namespace kubeferry::registry_server
