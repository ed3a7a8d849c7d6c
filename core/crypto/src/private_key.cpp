// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/key.hpp>
#include <kubeferry/crypto/random.hpp>

#include "ossl.hpp"
#include "public_key.hpp"

namespace kubeferry::crypto {
namespace {

constexpr std::uint64_t k_scrypt_n = 1 << 14;
constexpr std::uint64_t k_scrypt_r = 8;
constexpr std::uint64_t k_scrypt_p = 5;

EVP_PKEY* as_key(void* key) noexcept { return static_cast<EVP_PKEY*>(key); }

// Without a callback of ours OpenSSL would ask on the terminal.
int give_passphrase(char* buffer, int size, int /*writing*/, void* user) {
  const auto* const passphrase = static_cast<const SecretText*>(user);
  if (passphrase == nullptr || passphrase->view().size() > static_cast<std::size_t>(size)) {
    return -1;
  }
  std::memcpy(buffer, passphrase->view().data(), passphrase->view().size());
  return static_cast<int>(passphrase->view().size());
}

Result<Bytes> encode_public(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key, &der);
  if (length <= 0) {
    return ossl::failure("encoding a public key");
  }
  const auto* const begin = reinterpret_cast<const std::byte*>(der);
  Bytes bytes(begin, begin + length);
  OPENSSL_free(der);
  return bytes;
}

Result<ossl::EncryptedPkcs8> encrypt(PKCS8_PRIV_KEY_INFO* plain, const SecretText& passphrase) {
  KF_TRY_ASSIGN(Bytes random, random_bytes(32));
  unsigned char* const salt = ossl::data(MutableByteView(random));
  X509_ALGOR* const scheme =
      PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, 16, salt + 16, k_scrypt_n, k_scrypt_r, k_scrypt_p);
  if (scheme == nullptr) {
    return ossl::failure("preparing the encryption of a private key");
  }
  const std::string_view text = passphrase.view();
  ossl::EncryptedPkcs8 encrypted(PKCS8_set0_pbe(text.data(), static_cast<int>(text.size()), plain, scheme));
  if (!encrypted) {
    X509_ALGOR_free(scheme);
    return ossl::failure("encrypting a private key");
  }
  return encrypted;
}

}  // namespace

void PrivateKey::Deleter::operator()(void* key) const noexcept { EVP_PKEY_free(as_key(key)); }

PrivateKey::PrivateKey(Handle key, PublicKey public_key) : key_(std::move(key)), public_key_(std::move(public_key)) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

Result<PrivateKey> PrivateKey::adopt(Handle key, std::string_view what) {
  KF_TRY_ASSIGN(const Bytes spki, encode_public(as_key(key.get())));
  KF_TRY_ASSIGN(PublicKey public_key, PublicKey::from_spki(spki, what));
  return PrivateKey(std::move(key), std::move(public_key));
}

Result<PrivateKey> PrivateKey::generate(KeyAlgorithm algorithm) {
  Handle key(algorithm == KeyAlgorithm::ed25519 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                                                : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (!key) {
    return ossl::failure("making a key");
  }
  return adopt(std::move(key), "new key");
}

Result<PrivateKey> PrivateKey::from_pem(const SecretText& pem, const SecretText* passphrase, std::string_view what) {
  const std::string_view text = trim(pem.view());
  const bool encrypted = text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----");
  if (!encrypted && !text.starts_with("-----BEGIN PRIVATE KEY-----")) {
    return Failure(
        Error{ExitCode::signature, fmt::format("{}: is no private key in PKCS#8 PEM", what), {}, {}}.with_hint(
            "convert it with: openssl pkcs8 -topk8 -in OLD -out NEW"));
  }
  if (encrypted && passphrase == nullptr) {
    return Failure(Error{ExitCode::auth, fmt::format("{}: is encrypted", what), {}, {}}.with_hint(
        "give its passphrase with --passphrase-file FILE"));
  }
  const ossl::Bio input = ossl::view(as_byte_view(text));
  Handle key(input ? PEM_read_bio_PrivateKey(input.get(), nullptr, give_passphrase, const_cast<SecretText*>(passphrase))
                   : nullptr);
  ERR_clear_error();
  if (!key) {
    return encrypted ? fail(ExitCode::auth, "{}: does not open with this passphrase", what)
                     : fail(ExitCode::signature, "{}: the private key cannot be read", what);
  }
  return adopt(std::move(key), what);
}

Result<SecretText> PrivateKey::to_pem(const SecretText* passphrase) const {
  const ossl::Pkcs8 plain(EVP_PKEY2PKCS8(as_key(key_.get())));
  const ossl::Bio output = ossl::memory();
  if (!plain || !output) {
    return ossl::failure("writing a private key");
  }
  if (passphrase == nullptr) {
    if (PEM_write_bio_PKCS8_PRIV_KEY_INFO(output.get(), plain.get()) != 1) {
      return ossl::failure("writing a private key");
    }
    return SecretText(ossl::content(output.get()));
  }
  KF_TRY_ASSIGN(const ossl::EncryptedPkcs8 encrypted, encrypt(plain.get(), *passphrase));
  if (PEM_write_bio_PKCS8(output.get(), encrypted.get()) != 1) {
    return ossl::failure("writing an encrypted private key");
  }
  return SecretText(ossl::content(output.get()));
}

Result<Bytes> PrivateKey::sign(ByteView message) const {
  const ossl::DigestContext context(EVP_MD_CTX_new());
  const char* const hash = public_key_.algorithm() == KeyAlgorithm::ed25519 ? nullptr : "SHA256";
  std::size_t length = 0;
  if (!context ||
      EVP_DigestSignInit_ex(context.get(), nullptr, hash, nullptr, nullptr, as_key(key_.get()), nullptr) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &length, ossl::data(message), message.size()) != 1) {
    return ossl::failure("signing");
  }
  Bytes signature(length);
  if (EVP_DigestSign(context.get(), ossl::data(MutableByteView(signature)), &length, ossl::data(message),
                     message.size()) != 1) {
    return ossl::failure("signing");
  }
  signature.resize(length);  // an ECDSA signature may be shorter than announced
  return signature;
}

}  // namespace kubeferry::crypto
