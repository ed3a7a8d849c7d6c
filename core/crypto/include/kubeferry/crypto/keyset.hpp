// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/dsse.hpp>
#include <kubeferry/crypto/key.hpp>

namespace kubeferry::crypto {

inline constexpr std::uint64_t k_max_keyset_bytes = 256 * 1024;
inline constexpr std::size_t k_max_keyset_keys = 64;
inline constexpr std::size_t k_max_keyset_revoked = 1024;
inline constexpr std::size_t k_max_keyset_hops = 64;

/// What is signed when a keyset hands over to its successor.
inline constexpr std::string_view k_keyset_payload_type = "application/vnd.kubeferry.keyset.v1+json";

struct TrustedKey {
  std::string name;  ///< for people; 1-128 printable bytes
  PublicKey key;
  [[nodiscard]] bool operator==(const TrustedKey&) const = default;
};

struct KeysetContent {
  std::uint64_t version = 1;    ///< counts rotations, from 1
  std::uint64_t threshold = 1;  ///< how many different keys must sign
  std::vector<TrustedKey> keys;
  std::vector<std::string> revoked;  ///< key ids that never count, whoever lists them
  [[nodiscard]] bool operator==(const KeysetContent&) const = default;
};

/// Who may sign, and how many of them must (docs/format.md § Keyset).
///
///     {"kind":"kubeferry/keyset/v1","version":1,"threshold":2,
///      "keys":[{"name":"alice","algorithm":"ed25519","public":"base64 SPKI or PEM"}],"revoked":["hex key id"]}
class Keyset {
public:
  /// signature error when the threshold is 0 or larger than the number of unrevoked keys, a key or name appears twice,
  /// or a revoked id is no key id; limit error past the caps.
  static Result<Keyset> create(KeysetContent content);
  /// One key, threshold one.
  static Keyset of(PublicKey key, std::string name);
  /// Strict I-JSON: format error for a wrong shape or unknown member; create()'s and PublicKey's errors otherwise; a
  /// key whose `algorithm` is not that of its `public` is a signature error.
  static Result<Keyset> parse(std::string_view text, std::string_view what);

  [[nodiscard]] std::string to_text() const;  ///< deterministic, indented, ends with a newline
  [[nodiscard]] std::uint64_t version() const noexcept { return content_.version; }
  [[nodiscard]] std::uint64_t threshold() const noexcept { return content_.threshold; }
  [[nodiscard]] const std::vector<TrustedKey>& keys() const noexcept { return content_.keys; }
  [[nodiscard]] const std::vector<std::string>& revoked() const noexcept { return content_.revoked; }
  [[nodiscard]] bool is_revoked(std::string_view key_id) const noexcept;
  [[nodiscard]] const TrustedKey* find(std::string_view key_id) const noexcept;  ///< null when not listed

  [[nodiscard]] bool operator==(const Keyset&) const = default;

private:
  explicit Keyset(KeysetContent content) : content_(std::move(content)) {}
  KeysetContent content_;
};

/// Reads `--trust PATH`: a public key in PEM (threshold one, named after the file), or a keyset. signature error with a
/// hint when group or others may write the file; usage when it does not exist; otherwise as the parsers say.
Result<Keyset> load_trust(const std::filesystem::path& path);

struct VerifiedBy {
  std::string key_id;
  std::string name;
  [[nodiscard]] bool operator==(const VerifiedBy&) const = default;
};

/// Checks `envelope` over `payload` against `keyset`. Answers with the keys whose signatures hold, in the keyset's
/// order, each once; at least threshold() of them.
///
/// Otherwise a signature error that names key ids: none there, unknown, revoked, bad, or k of n reached; or that the
/// envelope is for another `payload_type`. A signature's key id only chooses which key to try; without one every key is
/// tried. Signatures that do not count do no harm when enough others do.
Result<std::vector<VerifiedBy>> verify_signatures(const Keyset& keyset, std::string_view payload_type, ByteView payload,
                                                  const Envelope& envelope);

/// The keyset in `next`, when `current` hands over to it: its version is exactly one more, and both the current
/// keyset's and its own threshold of signatures hold over its bytes. signature error otherwise.
Result<Keyset> accept_successor(const Keyset& current, std::string_view next, const Envelope& envelope);

struct SignedKeyset {
  std::string text;
  Envelope envelope;
};

/// accept_successor() along a chain. limit error past k_max_keyset_hops.
Result<Keyset> accept_chain(Keyset current, std::span<const SignedKeyset> chain);

}  // namespace kubeferry::crypto
