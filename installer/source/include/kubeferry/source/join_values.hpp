// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <kubeferry/base/result.hpp>

// The forms of what a joining node is given, by a pack or by options. All usage errors; none quotes a secret. `what`
// names the value: "--token", "join.pack: its token".
namespace kubeferry::source {

/// kubeadm's bootstrap token: [a-z0-9]{6}.[a-z0-9]{16}.
Status check_token(std::string_view token, std::string_view what);

/// "sha256:" and 64 lower-case hex digits, of the CA certificate's SubjectPublicKeyInfo. Anything else, such as another
/// algorithm or "unsafe-skip-ca-verification", is refused.
Status check_ca_hash(std::string_view hash, std::string_view what);

/// 64 lower-case hex digits: an AES-256 key.
Status check_certificate_key(std::string_view key, std::string_view what);

/// HOST:PORT, as kubeadm takes it: a name, an IPv4 address, or an IPv6 address in brackets.
Status check_endpoint(std::string_view endpoint, std::string_view what);

}  // namespace kubeferry::source
