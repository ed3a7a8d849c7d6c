// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/secret.hpp>

namespace kubeferry::crypto {

enum class KeyAlgorithm : std::uint8_t { ed25519, ecdsa_p256 };

/// "ed25519" or "ecdsa-p256".
[[nodiscard]] std::string_view key_algorithm_name(KeyAlgorithm algorithm) noexcept;
/// Its inverse; usage error naming the two.
Result<KeyAlgorithm> parse_key_algorithm(std::string_view text);

/// A key that checks signatures. A value, cheap to copy; usable from several threads at once.
class PublicKey {
public:
  /// One `PUBLIC KEY` block (RFC 7468 § 13) and nothing else but white space around it. signature error naming `what`
  /// for anything that is not an Ed25519 or uncompressed P-256 key in strict DER, for points off the curve, and for
  /// Ed25519 points that are non-canonical or of small order (they verify anything).
  static Result<PublicKey> from_pem(std::string_view pem, std::string_view what);
  /// The same from DER SubjectPublicKeyInfo.
  static Result<PublicKey> from_spki(ByteView der, std::string_view what);

  [[nodiscard]] KeyAlgorithm algorithm() const noexcept;
  [[nodiscard]] const Bytes& spki() const noexcept;          ///< DER SubjectPublicKeyInfo
  [[nodiscard]] const std::string& key_id() const noexcept;  ///< hex SHA-256 of spki(); computed, never believed
  [[nodiscard]] std::string to_pem() const;

  /// Whether `signature` is this key's over `message`: Ed25519 pure (RFC 8032), or ECDSA with SHA-256 in strict DER.
  [[nodiscard]] bool verify(ByteView message, ByteView signature) const;

  [[nodiscard]] bool operator==(const PublicKey& other) const noexcept { return spki() == other.spki(); }

private:
  friend class PrivateKey;
  struct State;
  explicit PublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

/// A key that signs. Move-only, never printed; OpenSSL wipes its memory.
class PrivateKey {
public:
  /// bug error when OpenSSL refuses.
  static Result<PrivateKey> generate(KeyAlgorithm algorithm);

  /// PKCS#8, plain or encrypted. auth error when it is encrypted and `passphrase` is missing or wrong; signature error
  /// when it is something else or a kind of key PublicKey would refuse. Never asks on the terminal.
  static Result<PrivateKey> from_pem(const SecretText& pem, const SecretText* passphrase, std::string_view what);

  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  PrivateKey(const PrivateKey&) = delete;
  PrivateKey& operator=(const PrivateKey&) = delete;
  ~PrivateKey();

  /// PKCS#8; encrypted with AES-256-CBC under scrypt (N 2^14, r 8, p 5: the most that stock openssl opens) when a
  /// `passphrase` is given.
  [[nodiscard]] Result<SecretText> to_pem(const SecretText* passphrase = nullptr) const;

  [[nodiscard]] const PublicKey& public_key() const noexcept { return public_key_; }

  /// Signs `message` as PublicKey::verify expects it. Ed25519 is deterministic, ECDSA is not.
  [[nodiscard]] Result<Bytes> sign(ByteView message) const;

private:
  friend struct KeyAccess;  // this room's certificates are signed with the handle
  struct Deleter {
    void operator()(void* key) const noexcept;
  };
  using Handle = std::unique_ptr<void, Deleter>;  // an EVP_PKEY
  PrivateKey(Handle key, PublicKey public_key);
  static Result<PrivateKey> adopt(Handle key, std::string_view what);
  Handle key_;
  PublicKey public_key_;
};

/// Reads a private key file by read_secret_file() and PrivateKey::from_pem(), with their errors.
Result<PrivateKey> read_private_key(const std::filesystem::path& path, const SecretText* passphrase = nullptr);

/// Writes `base`.key (0600, PKCS#8) and `base`.pub (0644). usage error when either exists; then neither is touched.
Status write_key_pair(const std::filesystem::path& base, const PrivateKey& key, const SecretText* passphrase = nullptr);

}  // namespace kubeferry::crypto
