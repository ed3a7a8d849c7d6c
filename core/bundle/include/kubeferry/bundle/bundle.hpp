// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <kubeferry/base/stream.hpp>
#include <kubeferry/bundle/encoding.hpp>
#include <kubeferry/bundle/front.hpp>
#include <kubeferry/bundle/manifest.hpp>
#include <kubeferry/bundle/payload.hpp>
#include <kubeferry/bundle/signed_front.hpp>
#include <kubeferry/crypto/keyset.hpp>

namespace kubeferry::bundle {

/// A bundle whose signatures held when it was opened. There is no way to get at its content without that.
///
/// Random access, thread-safe, nothing unpacked. The file is opened once and read through that one descriptor.
class Bundle {
public:
  /// Opens `path` and checks, in this order: the front's shape, the signatures against `trust`, the manifest, and that
  /// the file is exactly as long as the manifest says. format, limit, signature, policy and io errors as their parts
  /// say; a file that is too short names the first blob that is cut off.
  static Result<std::shared_ptr<const Bundle>> open(const std::filesystem::path& path, const crypto::Keyset& trust,
                                                    Reread reread = Reread::verify);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }  ///< the path as given
  [[nodiscard]] const Manifest& manifest() const noexcept { return signed_.manifest; }
  [[nodiscard]] const Front& front() const noexcept { return signed_.front; }  ///< the signed bytes themselves
  [[nodiscard]] const crypto::Digest& manifest_digest() const noexcept { return signed_.manifest_digest; }
  [[nodiscard]] const std::vector<crypto::VerifiedBy>& signers() const noexcept { return signed_.signers; }
  [[nodiscard]] const VerifiedPayload& payload() const noexcept { return *payload_; }
  [[nodiscard]] std::uint64_t file_bytes() const noexcept { return file_->size(); }

  /// The row of a blob; null pointer when the bundle does not hold it.
  [[nodiscard]] const BlobRow* find(const crypto::Digest& digest) const;

  /// A blob's bytes, chunk by chunk verified. usage error when the bundle does not hold it. The result keeps the file
  /// open by itself.
  Result<std::shared_ptr<const BlobContent>> content(const crypto::Digest& digest) const;

  /// A blob as a stream that also proves its own digest (crypto::VerifyingSource).
  Result<std::unique_ptr<Source>> stream(const crypto::Digest& digest) const;

  /// A small blob whole; limit error past `limit` bytes.
  Result<Bytes> read(const crypto::Digest& digest, std::uint64_t limit) const;

private:
  Bundle() = default;
  Status check_length() const;

  std::string name_;
  std::shared_ptr<const FileRandomSource> file_;
  SignedFront signed_;
  std::shared_ptr<const VerifiedPayload> payload_;
  std::unordered_map<crypto::Digest, std::size_t> rows_;
};

/// Random-access content as a stream. Shares ownership.
class ContentSource final : public Source {
public:
  explicit ContentSource(std::shared_ptr<const RandomSource> content) : content_(std::move(content)) {}
  Result<std::size_t> read(MutableByteView buffer) override;

private:
  std::shared_ptr<const RandomSource> content_;
  std::uint64_t position_ = 0;
};

}  // namespace kubeferry::bundle
