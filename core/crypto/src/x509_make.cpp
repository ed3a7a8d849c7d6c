// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <openssl/pem.h>

#include <kubeferry/crypto/random.hpp>
#include <kubeferry/crypto/x509.hpp>

#include "key_access.hpp"
#include "ossl.hpp"

namespace kubeferry::crypto {
namespace {

constexpr std::size_t k_serial_bytes = 16;
constexpr std::size_t k_max_common_name = 64;  // X.520 ub-common-name

Status set_serial(X509* certificate) {
  KF_TRY_ASSIGN(Bytes serial, random_bytes(k_serial_bytes));
  serial[0] = (serial[0] & std::byte{0x7f}) | std::byte{0x40};  // positive, and always as long
  const ossl::BigNumber number(BN_bin2bn(ossl::data(ByteView(serial)), static_cast<int>(serial.size()), nullptr));
  if (!number || BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) == nullptr) {
    return ossl::failure("setting a serial number");
  }
  return {};
}

Status set_period(X509* certificate, TimePoint from, TimePoint until) {
  const auto not_before = static_cast<time_t>(from.time_since_epoch().count());
  const auto not_after = static_cast<time_t>(until.time_since_epoch().count());
  if (ASN1_TIME_adj(X509_getm_notBefore(certificate), not_before, 0, 0) == nullptr ||
      ASN1_TIME_adj(X509_getm_notAfter(certificate), not_after, 0, 0) == nullptr) {
    return ossl::failure("setting a certificate's period");
  }
  return {};
}

Status set_subject(X509* certificate, const std::string& common_name) {
  const auto* const text = reinterpret_cast<const unsigned char*>(common_name.data());
  if (X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8, text,
                                 static_cast<int>(common_name.size()), -1, 0) != 1) {
    return ossl::failure("setting a certificate's name");
  }
  return {};
}

Status add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ossl::Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) {
    return ossl::failure("adding a certificate's extension");
  }
  return {};
}

// A host name as it may stand in a certificate: letters, digits, '-' and '.', with an optional "*." in front.
bool is_dns_name(std::string_view name) {
  if (name.starts_with("*.")) {
    name.remove_prefix(2);
  }
  if (name.empty() || name.size() > 253 || name.front() == '.' || name.front() == '-' || name.back() == '-') {
    return false;
  }
  return name.find("..") == std::string_view::npos && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

Result<ossl::GeneralName> dns_entry(const std::string& name) {
  if (!is_dns_name(name)) {
    return fail(ExitCode::usage, "\"{}\" is no host name", name);
  }
  ossl::GeneralName entry(GENERAL_NAME_new());
  ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
  if (!entry || text == nullptr || ASN1_STRING_set(text, name.data(), static_cast<int>(name.size())) != 1) {
    ASN1_IA5STRING_free(text);
    return ossl::failure("adding a host name");
  }
  GENERAL_NAME_set0_value(entry.get(), GEN_DNS, text);
  return entry;
}

Result<ossl::GeneralName> address_entry(const std::string& address) {
  if (address.find('\0') != std::string::npos) {  // OpenSSL would read as far as that
    return fail(ExitCode::usage, "\"{}\" is no IP address", address);
  }
  ASN1_OCTET_STRING* const octets = a2i_IPADDRESS(address.c_str());
  ossl::GeneralName entry(GENERAL_NAME_new());
  if (!entry || octets == nullptr) {
    ASN1_OCTET_STRING_free(octets);
    return fail(ExitCode::usage, "\"{}\" is no IP address", address);
  }
  GENERAL_NAME_set0_value(entry.get(), GEN_IPADD, octets);
  return entry;
}

Result<ossl::GeneralNames> alternative_names(const ServerRequest& request) {
  ossl::GeneralNames names(GENERAL_NAMES_new());
  const auto add = [&](Result<ossl::GeneralName> entry) -> Status {
    KF_TRY_ASSIGN(ossl::GeneralName owned, std::move(entry));
    if (!names || sk_GENERAL_NAME_push(names.get(), owned.get()) == 0) {
      return ossl::failure("adding a certificate's names");
    }
    static_cast<void>(owned.release());  // the list's now
    return {};
  };
  for (const std::string& name : request.dns_names) {
    KF_TRY(add(dns_entry(name)));
  }
  for (const std::string& address : request.ip_addresses) {
    KF_TRY(add(address_entry(address)));
  }
  return names;
}

struct Draft {
  ossl::Certificate certificate;
  PrivateKey key;
};

Result<Draft> draft(const std::string& common_name, TimePoint from, TimePoint until) {
  if (from >= until) {
    return fail(ExitCode::usage, "a certificate's period must not be empty");
  }
  KF_TRY_ASSIGN(PrivateKey key, PrivateKey::generate(KeyAlgorithm::ecdsa_p256));
  ossl::Certificate certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
      X509_set_pubkey(certificate.get(), KeyAccess::handle(key)) != 1) {
    return ossl::failure("making a certificate");
  }
  KF_TRY(set_serial(certificate.get()));
  KF_TRY(set_period(certificate.get(), from, until));
  KF_TRY(set_subject(certificate.get(), common_name));
  return Draft{std::move(certificate), std::move(key)};
}

Result<std::string> sign(X509* certificate, const PrivateKey& key) {
  const ossl::Bio output = ossl::memory();
  if (!output || X509_sign(certificate, KeyAccess::handle(key), EVP_sha256()) == 0 ||
      PEM_write_bio_X509(output.get(), certificate) != 1) {
    return ossl::failure("signing a certificate");
  }
  return ossl::content(output.get());
}

}  // namespace

Result<Identity> make_authority(const AuthorityRequest& request) {
  if (request.common_name.empty() || request.common_name.size() > k_max_common_name) {
    return fail(ExitCode::usage, "an authority's name must have 1 to {} bytes", k_max_common_name);
  }
  KF_TRY_ASSIGN(Draft made, draft(request.common_name, request.not_before, request.not_after));
  X509* const certificate = made.certificate.get();
  if (X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) != 1) {
    return ossl::failure("making an authority");
  }
  KF_TRY(add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  KF_TRY(add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign"));
  KF_TRY(add_extension(certificate, certificate, NID_subject_key_identifier, "hash"));
  KF_TRY_ASSIGN(std::string pem, sign(certificate, made.key));
  return Identity{std::move(pem), std::move(made.key)};
}

Result<Identity> make_server_identity(const Identity& authority, const ServerRequest& request) {
  const std::vector<std::string>& names = request.dns_names.empty() ? request.ip_addresses : request.dns_names;
  if (names.empty()) {
    return fail(ExitCode::usage, "a server certificate needs a host name or address");
  }
  KF_TRY_ASSIGN(const ossl::GeneralNames alternatives, alternative_names(request));
  const ossl::Bio input = ossl::view(as_byte_view(authority.certificate_pem));
  const ossl::Certificate issuer(input ? PEM_read_bio_X509(input.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!issuer) {
    return ossl::failure("reading an authority's certificate");
  }
  KF_TRY_ASSIGN(const CertificateFacts facts, read_certificate(authority.certificate_pem, "authority"));
  // A common name has a cap that host names do not have; clients look at the alternative names alone.
  KF_TRY_ASSIGN(Draft made, draft(names.front().substr(0, k_max_common_name), request.not_before,
                                  std::min(request.not_after, facts.not_after)));
  X509* const certificate = made.certificate.get();
  if (X509_set_issuer_name(certificate, X509_get_subject_name(issuer.get())) != 1) {
    return ossl::failure("making a server certificate");
  }
  KF_TRY(add_extension(certificate, issuer.get(), NID_basic_constraints, "critical,CA:FALSE"));
  KF_TRY(add_extension(certificate, issuer.get(), NID_key_usage, "critical,digitalSignature"));
  KF_TRY(add_extension(certificate, issuer.get(), NID_ext_key_usage, "serverAuth"));
  KF_TRY(add_extension(certificate, issuer.get(), NID_subject_key_identifier, "hash"));
  KF_TRY(add_extension(certificate, issuer.get(), NID_authority_key_identifier, "keyid:always"));
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, alternatives.get(), 0, X509V3_ADD_DEFAULT) != 1) {
    return ossl::failure("adding a certificate's names");
  }
  KF_TRY_ASSIGN(std::string pem, sign(certificate, authority.key));
  return Identity{std::move(pem), std::move(made.key)};
}

}  // namespace kubeferry::crypto
