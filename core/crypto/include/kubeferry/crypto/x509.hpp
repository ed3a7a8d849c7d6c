// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/crypto/key.hpp>

namespace kubeferry::crypto {

/// A certificate and the key that goes with it.
struct Identity {
  std::string certificate_pem;
  PrivateKey key;
};

struct AuthorityRequest {
  std::string common_name;  ///< 1-64 bytes
  TimePoint not_before;
  TimePoint not_after;
};

/// A self-signed certificate authority with a new P-256 key, good for signing server certificates only one level down
/// (path length 0). usage error for a bad name or an empty period.
Result<Identity> make_authority(const AuthorityRequest& request);

struct ServerRequest {
  std::vector<std::string> dns_names;     ///< host names; a leading "*." is allowed
  std::vector<std::string> ip_addresses;  ///< IPv4 or IPv6, without brackets
  TimePoint not_before;
  TimePoint not_after;  ///< cut to the authority's own end
};

/// A server certificate with a new P-256 key, signed by `authority`; the first name is also its common name.
/// usage error when there is no name at all or one is neither a host name nor an address.
Result<Identity> make_server_identity(const Identity& authority, const ServerRequest& request);

/// What people and status pages ask of a certificate.
struct CertificateFacts {
  std::string subject;  ///< RFC 2253, "CN=…"
  Digest fingerprint;   ///< SHA-256 of the DER
  TimePoint not_before;
  TimePoint not_after;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  bool is_authority = false;
};

/// The first certificate in `pem`; tls error naming `what` when there is none or it cannot be read.
Result<CertificateFacts> read_certificate(std::string_view pem, std::string_view what);

/// SHA-256 of the DER SubjectPublicKeyInfo of the first certificate in `pem` (RFC 7469 §2.4): what pins a public key
/// rather than a certificate. tls error naming `what` when there is none or it cannot be read.
Result<Digest> spki_digest(std::string_view pem, std::string_view what);

}  // namespace kubeferry::crypto
