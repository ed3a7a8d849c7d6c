// SPDX-License-Identifier: Apache-2.0
#include <ctime>

#include <arpa/inet.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <kubeferry/crypto/x509.hpp>

#include "ossl.hpp"

namespace kubeferry::crypto {
namespace {

Result<TimePoint> time_of(const ASN1_TIME* time, std::string_view what) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    return fail(ExitCode::tls, "{}: the certificate's period cannot be read", what);
  }
  const auto day = std::chrono::year(parts.tm_year + 1900) / (parts.tm_mon + 1) / parts.tm_mday;
  return std::chrono::sys_days(day) + std::chrono::hours(parts.tm_hour) + std::chrono::minutes(parts.tm_min) +
         std::chrono::seconds(parts.tm_sec);
}

std::string subject_of(const X509* certificate) {
  const ossl::Bio output = ossl::memory();
  if (output) {
    X509_NAME_print_ex(output.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  }
  return output ? ossl::content(output.get()) : std::string();
}

std::string text_of(const ASN1_STRING* text) {
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<std::size_t>(ASN1_STRING_length(text)));
}

std::string address_of(const ASN1_OCTET_STRING* octets) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(octets) == 4 ? AF_INET : AF_INET6;
  const bool whole = family == AF_INET || ASN1_STRING_length(octets) == 16;
  if (!whole || ::inet_ntop(family, ASN1_STRING_get0_data(octets), text.data(), text.size()) == nullptr) {
    return {};
  }
  return text.data();
}

void add_names(const X509* certificate, CertificateFacts& facts) {
  const ossl::GeneralNames names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int kind = 0;
    const void* const value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind);
    if (kind == GEN_DNS) {
      facts.dns_names.push_back(text_of(static_cast<const ASN1_STRING*>(value)));
    } else if (kind == GEN_IPADD) {
      facts.ip_addresses.push_back(address_of(static_cast<const ASN1_OCTET_STRING*>(value)));
    }
  }
}

Result<ossl::Certificate> first_certificate(std::string_view pem, std::string_view what) {
  const ossl::Bio input = ossl::view(as_byte_view(pem));
  ossl::Certificate certificate(input ? PEM_read_bio_X509(input.get(), nullptr, nullptr, nullptr) : nullptr);
  ERR_clear_error();
  if (!certificate) {
    return fail(ExitCode::tls, "{}: holds no certificate in PEM", what);
  }
  return certificate;
}

}  // namespace

Result<CertificateFacts> read_certificate(std::string_view pem, std::string_view what) {
  KF_TRY_ASSIGN(const ossl::Certificate certificate, first_certificate(pem, what));
  unsigned char* der = nullptr;
  const int length = i2d_X509(certificate.get(), &der);
  if (length <= 0) {
    return ossl::failure("encoding a certificate");
  }
  CertificateFacts facts;
  facts.fingerprint = Digest::of(std::as_bytes(std::span(der, static_cast<std::size_t>(length))));
  OPENSSL_free(der);
  facts.subject = subject_of(certificate.get());
  KF_TRY_ASSIGN(facts.not_before, time_of(X509_get0_notBefore(certificate.get()), what));
  KF_TRY_ASSIGN(facts.not_after, time_of(X509_get0_notAfter(certificate.get()), what));
  add_names(certificate.get(), facts);
  facts.is_authority = X509_check_ca(certificate.get()) == 1;
  ERR_clear_error();
  return facts;
}

Result<Digest> spki_digest(std::string_view pem, std::string_view what) {
  KF_TRY_ASSIGN(const ossl::Certificate certificate, first_certificate(pem, what));
  unsigned char* der = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &der);
  if (length <= 0) {
    return ossl::failure("encoding a public key");
  }
  const Digest digest = Digest::of(std::as_bytes(std::span(der, static_cast<std::size_t>(length))));
  OPENSSL_free(der);
  return digest;
}

}  // namespace kubeferry::crypto
