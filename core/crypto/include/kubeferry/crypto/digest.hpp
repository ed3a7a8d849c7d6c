// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry::crypto {

enum class HashAlgorithm : std::uint8_t { sha256, sha512 };

/// Length of a digest in bytes: 32 or 64.
[[nodiscard]] constexpr std::size_t digest_size(HashAlgorithm algorithm) noexcept {
  return algorithm == HashAlgorithm::sha256 ? 32 : 64;
}
/// "sha256" or "sha512", as it stands before the colon.
[[nodiscard]] constexpr std::string_view hash_name(HashAlgorithm algorithm) noexcept {
  return algorithm == HashAlgorithm::sha256 ? "sha256" : "sha512";
}

/// The name of a piece of content: algorithm and hash (OCI image specification, descriptor.md § Digests).
///
/// A regular value. A default-made one is sha256 of all zeros, which no content is known to have.
class Digest {
public:
  Digest() = default;

  /// `sha256:` and 64 lower-case hex digits, or `sha512:` and 128; format error for anything else, so that a digest
  /// can be made a file name without a further look.
  static Result<Digest> parse(std::string_view text);

  /// From the raw hash; nothing when the length is not that of `algorithm`.
  static std::optional<Digest> from_bytes(HashAlgorithm algorithm, ByteView hash);

  /// The digest of `content`. Throws std::bad_alloc when OpenSSL has no memory, like any container would.
  static Digest of(ByteView content, HashAlgorithm algorithm = HashAlgorithm::sha256);

  [[nodiscard]] HashAlgorithm algorithm() const noexcept { return algorithm_; }
  [[nodiscard]] ByteView bytes() const noexcept { return ByteView(hash_).first(digest_size(algorithm_)); }
  [[nodiscard]] std::string hex() const;        ///< lower case, without the algorithm
  [[nodiscard]] std::string to_string() const;  ///< "sha256:…"; parse()'s inverse

  /// By algorithm, then hash: the same order as that of the text forms.
  [[nodiscard]] auto operator<=>(const Digest&) const = default;

private:
  HashAlgorithm algorithm_ = HashAlgorithm::sha256;
  std::array<std::byte, 64> hash_{};
};

}  // namespace kubeferry::crypto

/// The hash's own first bytes: they are as even as a hash table could wish.
template <>
struct std::hash<kubeferry::crypto::Digest> {
  [[nodiscard]] std::size_t operator()(const kubeferry::crypto::Digest& digest) const noexcept {
    return kubeferry::load_le<std::size_t>(digest.bytes());
  }
};
