// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/secret.hpp>

namespace kubeferry::kubeadm {

/// A new bootstrap token: six public characters of [a-z0-9], a dot, sixteen secret ones. random_bytes()' errors.
Result<crypto::SecretText> generate_token();
/// usage error, without the token in it, unless it has that shape.
Status check_token(std::string_view token);
/// The public part of a well-formed token.
[[nodiscard]] std::string token_id(std::string_view token);

/// A new key that encrypts certificates in the cluster: 32 bytes as 64 hexadecimal digits.
Result<crypto::SecretText> generate_certificate_key();
/// usage error, without the key in it, unless it has that shape.
Status check_certificate_key(std::string_view key);

/// What pins a cluster's authority: "sha256:" and the hexadecimal SHA-256 of its SubjectPublicKeyInfo, as kubeadm's
/// --discovery-token-ca-cert-hash. tls error naming `what` when `pem` holds no certificate.
Result<std::string> ca_cert_hash(std::string_view pem, std::string_view what);
/// usage error unless it has that shape.
Status check_ca_cert_hash(std::string_view hash);

}  // namespace kubeferry::kubeadm
