// SPDX-License-Identifier: Apache-2.0
#include "authorities.hpp"

#include <algorithm>
#include <limits>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <kubeferry/base/fd.hpp>

namespace kubeferry::net {
namespace {

constexpr std::uint64_t k_largest_bundle = std::uint64_t{4} << 20;

struct FreeBio {
  void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using Certificate = std::unique_ptr<X509, FreeCertificate>;

Failure unreadable() { return fail(ExitCode::tls, "a certificate in it cannot be read"); }

}  // namespace

void Authorities::Free::operator()(x509_store_st* store) const noexcept { X509_STORE_free(store); }

Result<Authorities::Store> Authorities::parse(const std::string& pem, bool strict) {
  if (pem.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return unreadable();
  }
  Store store(X509_STORE_new());
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!store || !bio) {
    return fail(ExitCode::limit, "out of memory");
  }
  // What libcurl sets too: an intermediate that is named as trusted is enough, its root need not be there.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  std::size_t count = 0;
  for (;;) {
    ERR_clear_error();
    const Certificate certificate(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
    if (certificate) {
      if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) {
        ERR_clear_error();
        return fail(ExitCode::limit, "out of memory");
      }
      ++count;
      continue;
    }
    const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (ended) {
      break;
    }
    if (strict) {
      return unreadable();
    }
  }
  if (strict && count == 0) {
    return fail(ExitCode::tls, "there is no certificate in it");
  }
  return store;
}

Result<std::shared_ptr<const Authorities>> Authorities::of(const std::string& pem) {
  std::shared_ptr<Authorities> authorities(new Authorities({}));
  KF_TRY_ASSIGN(authorities->store_, parse(pem, true));
  return authorities;
}

std::shared_ptr<const Authorities> Authorities::of_system(std::filesystem::path path) {
  return std::shared_ptr<const Authorities>(new Authorities(std::move(path)));
}

bool Authorities::apply(ssl_ctx_st* context) const {
  std::call_once(read_, [this] {
    if (!store_) {
      const auto text = path_.empty() ? Result<std::string>(std::string()) : read_file(path_, k_largest_bundle);
      if (auto store = parse(text.value_or(std::string()), false)) {
        store_ = std::move(*store);
      }
    }
  });
  if (!store_) {
    return false;
  }
  SSL_CTX_set1_cert_store(context, store_.get());
  return true;
}

void refuse_weak(ssl_ctx_st* context) {
  SSL_CTX_set_security_level(context, std::max(SSL_CTX_get_security_level(context), 2));
}

}  // namespace kubeferry::net
