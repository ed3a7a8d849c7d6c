// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/kubeadm/secrets.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/random.hpp>
#include <kubeferry/crypto/x509.hpp>

namespace kubeferry::kubeadm {
namespace {

constexpr std::string_view k_alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t k_id_length = 6;
constexpr std::size_t k_secret_length = 16;
constexpr std::size_t k_token_length = k_id_length + 1 + k_secret_length;
constexpr std::size_t k_certificate_key_bytes = 32;

bool consists_of(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

/// `count` characters, each as likely as any other: bytes past the last multiple of the alphabet's size are dropped.
Status append_random(std::string& text, std::size_t count) {
  constexpr std::size_t limit = 256 - 256 % k_alphabet.size();
  const std::size_t end = text.size() + count;
  while (text.size() < end) {
    KF_TRY_ASSIGN(Bytes bytes, crypto::random_bytes(end - text.size()));
    for (std::byte& byte : bytes) {
      const auto value = std::to_integer<std::size_t>(byte);
      if (value < limit) {
        text += k_alphabet[value % k_alphabet.size()];
      }
      byte = std::byte{0};
    }
  }
  return {};
}

}  // namespace

Result<crypto::SecretText> generate_token() {
  std::string token;
  token.reserve(k_token_length);  // once, so that no smaller copy is left behind by growing
  KF_TRY(append_random(token, k_id_length));
  token += '.';
  KF_TRY(append_random(token, k_secret_length));
  return crypto::SecretText(std::move(token));
}

Status check_token(std::string_view token) {
  if (token.size() == k_token_length && token[k_id_length] == '.' &&
      consists_of(token.substr(0, k_id_length), k_alphabet) && consists_of(token.substr(k_id_length + 1), k_alphabet)) {
    return {};
  }
  return fail(ExitCode::usage, "the bootstrap token is not of the form [a-z0-9]{{6}}.[a-z0-9]{{16}}");
}

std::string token_id(std::string_view token) { return std::string(token.substr(0, k_id_length)); }

Result<crypto::SecretText> generate_certificate_key() {
  KF_TRY_ASSIGN(Bytes bytes, crypto::random_bytes(k_certificate_key_bytes));
  crypto::SecretText key(to_hex(bytes));
  std::ranges::fill(bytes, std::byte{0});
  return key;
}

Status check_certificate_key(std::string_view key) {
  if (key.size() == 2 * k_certificate_key_bytes && consists_of(key, "0123456789abcdefABCDEF")) {
    return {};
  }
  return fail(ExitCode::usage, "the certificate key is not {} hexadecimal digits", 2 * k_certificate_key_bytes);
}

Result<std::string> ca_cert_hash(std::string_view pem, std::string_view what) {
  KF_TRY_ASSIGN(const crypto::Digest digest, crypto::spki_digest(pem, what));
  return digest.to_string();
}

Status check_ca_cert_hash(std::string_view hash) {
  constexpr std::string_view prefix = "sha256:";
  if (hash.starts_with(prefix) && hash.size() == prefix.size() + 64 &&
      consists_of(hash.substr(prefix.size()), "0123456789abcdefABCDEF")) {
    return {};
  }
  return Failure(fail(ExitCode::usage, "{} is not the hash of a cluster's authority", printable(hash))
                     .value()
                     .with_hint("it is sha256: and 64 hexadecimal digits, as printed by kubeferry token create"));
}

}  // namespace kubeferry::kubeadm
