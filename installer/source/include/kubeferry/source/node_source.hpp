// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/base/stream.hpp>
#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/bundle/manifest.hpp>
#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/crypto/keyset.hpp>

namespace kubeferry::source {

/// What init and join need of a bundle, wherever it lies: a file of this machine, or a registry. Its signatures have
/// held. Thread-safe.
class NodeSource {
public:
  virtual ~NodeSource() = default;

  [[nodiscard]] virtual const std::string& name() const noexcept = 0;  ///< for people: a path, or HOST/REPOSITORY
  [[nodiscard]] virtual const bundle::Manifest& manifest() const noexcept = 0;
  [[nodiscard]] virtual const crypto::Digest& manifest_digest() const noexcept = 0;
  [[nodiscard]] virtual const std::vector<crypto::VerifiedBy>& signers() const noexcept = 0;

  /// The content of a blob of the manifest (node file, document, image manifest or layer), every byte verified by its
  /// signed chunk before it comes out, and its own digest with the last. May outlive this. usage error when the bundle
  /// does not hold it; reading fails with integrity, io, or what remote() says.
  virtual Result<std::unique_ptr<Source>> stream(const crypto::Digest& digest) const = 0;

  /// A small blob whole; limit error past `limit` bytes, otherwise as stream().
  Result<Bytes> read(const crypto::Digest& digest, std::uint64_t limit) const;
};

/// A bundle that is open.
[[nodiscard]] std::shared_ptr<const NodeSource> local(std::shared_ptr<const bundle::Bundle> bundle);

}  // namespace kubeferry::source
