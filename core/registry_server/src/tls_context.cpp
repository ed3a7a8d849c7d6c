// SPDX-License-Identifier: Apache-2.0
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#if defined(__linux__) && (defined(__arm__) || defined(__aarch64__))
#include <sys/auxv.h>
#endif

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string_view>

#include "tls.hpp"

namespace kubeferry::registry_server {

namespace {

using BioPtr = std::unique_ptr<BIO, Freed<&BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, Freed<&X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<&EVP_PKEY_free>>;

Failure tls_failure(std::string_view what) {
  std::array<char, 256> reason{};
  const unsigned long code = ERR_get_error();
  ERR_error_string_n(code, reason.data(), reason.size());
  ERR_clear_error();
  return code == 0 ? fail(ExitCode::tls, "{}", what) : fail(ExitCode::tls, "{}: {}", what, reason.data());
}

Result<BioPtr> memory_bio(std::string_view text, std::string_view what) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return fail(ExitCode::tls, "{}: too long", what);
  }
  BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!bio) {
    return tls_failure(what);
  }
  return bio;
}

/// The key must come in the clear: a server cannot ask for a passphrase, and OpenSSL would ask the terminal.
int refuse_passphrase(char*, int, int, void*) { return -1; }

Status use_certificates(SSL_CTX* context, std::string_view pem) {
  KF_TRY_ASSIGN(const BioPtr bio, memory_bio(pem, "server certificate"));
  const CertificatePtr leaf(PEM_read_bio_X509_AUX(bio.get(), nullptr, refuse_passphrase, nullptr));
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) {
    return tls_failure("server certificate");
  }
  while (CertificatePtr next{PEM_read_bio_X509(bio.get(), nullptr, refuse_passphrase, nullptr)}) {
    if (SSL_CTX_add0_chain_cert(context, next.get()) != 1) {
      return tls_failure("server certificate's chain");
    }
    static_cast<void>(next.release());
  }
  // "No start line" is how the PEM reader says that the text has ended; anything else is a damaged certificate.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return tls_failure("server certificate's chain");
  }
  ERR_clear_error();
  return {};
}

Status use_key(SSL_CTX* context, std::string_view pem) {
  KF_TRY_ASSIGN(const BioPtr bio, memory_bio(pem, "server key"));
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_passphrase, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return tls_failure("server key");
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return tls_failure("server key does not belong to the server certificate");
  }
  return {};
}

bool has_aes_instructions() {
#if defined(__x86_64__) || defined(__i386__)
  return __builtin_cpu_supports("aes") != 0;
#elif defined(__aarch64__) && defined(__linux__)
  return (::getauxval(AT_HWCAP) & (1UL << 3)) != 0;  // HWCAP_AES
#elif defined(__arm__) && defined(__linux__)
  return (::getauxval(AT_HWCAP2) & (1UL << 0)) != 0;  // HWCAP2_AES
#else
  return true;  // ppc64le since POWER8 and s390x since z9: older ones are not in Debian 12
#endif
}

Status choose_ciphers(SSL_CTX* context) {
  const bool aes = has_aes_instructions();
  const char* const tls13 = aes ? "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
                                : "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384";
  const char* const tls12 = aes ? "ECDHE+AESGCM:ECDHE+CHACHA20:!PSK" : "ECDHE+CHACHA20:ECDHE+AESGCM:!PSK";
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 || SSL_CTX_set_ciphersuites(context, tls13) != 1 ||
      SSL_CTX_set_cipher_list(context, tls12) != 1 || SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") != 1) {
    return tls_failure("TLS ciphers");
  }
  return {};
}

/// Only HTTP/1.1 is spoken here; a client that offers nothing of ours may still go on without ALPN.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                    unsigned int offered_length, void*) {
  constexpr std::string_view k_http11 = "http/1.1";
  for (unsigned int i = 0; i < offered_length; i += 1U + offered[i]) {
    if (offered[i] == k_http11.size() && offered_length - i > k_http11.size() &&
        std::memcmp(offered + i + 1, k_http11.data(), k_http11.size()) == 0) {
      *out = offered + i + 1;
      *out_length = offered[i];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

TlsContext::TlsContext(SslContextPtr context, BioMethodPtr method)
    : context_(std::move(context)), method_(std::move(method)) {}

Result<TlsContext> TlsContext::create(const TlsIdentity& identity) {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  BioMethodPtr method = make_bio_method();
  if (!context || !method) {
    return tls_failure("TLS");
  }
  // As Debian's OpenSSL is compiled, and one from its sources is not: nothing below 112 bits, RSA 2048.
  SSL_CTX_set_security_level(context.get(), std::max(SSL_CTX_get_security_level(context.get()), 2));
  KF_TRY(use_certificates(context.get(), identity.certificate_chain_pem));
  KF_TRY(use_key(context.get(), identity.private_key_pem.view()));
  KF_TRY(choose_ciphers(context.get()));
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  // Sessions live in the clients' tickets: nothing is kept here for clients that have gone.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 1);
  SSL_CTX_set_alpn_select_cb(context.get(), select_protocol, nullptr);
  return TlsContext(std::move(context), std::move(method));
}

std::unique_ptr<Transport> TlsContext::make_transport(int socket, BufferPool& pool) const {
  return make_tls_transport(context_.get(), method_.get(), socket, pool);
}

}  // namespace kubeferry::registry_server
