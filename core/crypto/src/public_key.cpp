// SPDX-License-Identifier: Apache-2.0
#include "public_key.hpp"

#include <algorithm>
#include <array>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/digest.hpp>

#include "ed25519_point.hpp"

namespace kubeferry::crypto {
namespace {

// The whole of SubjectPublicKeyInfo before the key's own bytes (RFC 8410 § 4, RFC 5480 § 2.1.1). DER has one way to
// write each, so comparing beats parsing: parameters, compressed points and trailing bytes all fail here.
constexpr std::array<unsigned char, 12> k_ed25519_prefix = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                            0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr std::array<unsigned char, 27> k_p256_prefix = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                                         0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                                         0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
constexpr std::size_t k_ed25519_spki = k_ed25519_prefix.size() + 32;
constexpr std::size_t k_p256_spki = k_p256_prefix.size() + 64;

template <std::size_t size>
bool begins_with(ByteView der, const std::array<unsigned char, size>& prefix) {
  return der.size() > size && std::equal(prefix.begin(), prefix.end(), ossl::data(der));
}

ossl::Key decode(ByteView der) {
  const unsigned char* cursor = ossl::data(der);
  ossl::Key key(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(der.size())));
  ERR_clear_error();
  return key;
}

std::string kind_of(ByteView der) {
  const ossl::Key key = decode(der);
  if (!key) {
    return "is no public key that can be read";
  }
  const char* const name = EVP_PKEY_get0_type_name(key.get());
  return fmt::format("is a {} key of {} bits, or written in an unusual way", name == nullptr ? "strange" : name,
                     EVP_PKEY_get_bits(key.get()));
}

bool p256_point_holds(EVP_PKEY* key) {
  const ossl::KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  const bool holds = context && EVP_PKEY_public_check(context.get()) == 1;
  ERR_clear_error();
  return holds;
}

constexpr std::string_view k_begin = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view k_end = "-----END PUBLIC KEY-----";

}  // namespace

std::string_view key_algorithm_name(KeyAlgorithm algorithm) noexcept {
  return algorithm == KeyAlgorithm::ed25519 ? "ed25519" : "ecdsa-p256";
}

Result<KeyAlgorithm> parse_key_algorithm(std::string_view text) {
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::ed25519, KeyAlgorithm::ecdsa_p256}) {
    if (text == key_algorithm_name(algorithm)) {
      return algorithm;
    }
  }
  return fail(ExitCode::usage, "key algorithm \"{}\" must be ed25519 or ecdsa-p256", text);
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem, std::string_view what) {
  const std::string_view block = trim(pem);
  if (!block.starts_with(k_begin) || !block.ends_with(k_end) || block.size() < k_begin.size() + k_end.size()) {
    return Failure(Error{ExitCode::signature, fmt::format("{}: is no public key in PEM", what), {}, {}}.with_hint(
        "it should begin with " + std::string(k_begin) + " and hold nothing else"));
  }
  std::string base64;
  for (const char c : block.substr(k_begin.size(), block.size() - k_begin.size() - k_end.size())) {
    if (c != '\n' && c != '\r') {
      base64.push_back(c);
    }
  }
  const auto der = from_base64(base64);
  if (!der) {
    return fail(ExitCode::signature, "{}: the public key is not base64", what);
  }
  return from_spki(*der, what);
}

Result<PublicKey> PublicKey::from_spki(ByteView der, std::string_view what) {
  const bool ed25519 = der.size() == k_ed25519_spki && begins_with(der, k_ed25519_prefix);
  const bool p256 = der.size() == k_p256_spki && begins_with(der, k_p256_prefix);
  if (!ed25519 && !p256) {
    return Failure(Error{ExitCode::signature, fmt::format("{}: {}", what, kind_of(der)), {}, {}}.with_hint(
        "only Ed25519 and ECDSA P-256 (uncompressed) keys are accepted"));
  }
  if (ed25519) {
    if (const char* const fault = ed25519_point_fault(der.subspan(k_ed25519_prefix.size()))) {
      return fail(ExitCode::signature, "{}: the Ed25519 key {}", what, fault);
    }
  }
  ossl::Key key = decode(der);
  if (!key || (p256 && !p256_point_holds(key.get()))) {
    return fail(ExitCode::signature, "{}: the P-256 key is not on the curve", what);
  }
  return PublicKey(
      std::make_shared<const State>(State{ed25519 ? KeyAlgorithm::ed25519 : KeyAlgorithm::ecdsa_p256,
                                          Bytes(der.begin(), der.end()), Digest::of(der).hex(), std::move(key)}));
}

KeyAlgorithm PublicKey::algorithm() const noexcept { return state_->algorithm; }
const Bytes& PublicKey::spki() const noexcept { return state_->spki; }
const std::string& PublicKey::key_id() const noexcept { return state_->key_id; }

std::string PublicKey::to_pem() const {
  const std::string base64 = to_base64(spki());
  std::string pem(k_begin);
  for (std::size_t i = 0; i < base64.size(); i += 64) {
    pem.append("\n").append(base64, i, 64);
  }
  return pem.append("\n").append(k_end).append("\n");
}

bool PublicKey::verify(ByteView message, ByteView signature) const {
  const ossl::DigestContext context(EVP_MD_CTX_new());
  // The hash goes with the key: Ed25519 takes the message whole, ECDSA its SHA-256.
  const char* const hash = algorithm() == KeyAlgorithm::ed25519 ? nullptr : "SHA256";
  const bool good =
      context &&
      EVP_DigestVerifyInit_ex(context.get(), nullptr, hash, nullptr, nullptr, state_->key.get(), nullptr) == 1 &&
      EVP_DigestVerify(context.get(), ossl::data(signature), signature.size(), ossl::data(message), message.size()) ==
          1;
  ERR_clear_error();
  return good;
}

}  // namespace kubeferry::crypto
