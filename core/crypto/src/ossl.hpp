// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>

/// OpenSSL's handles with their owners, for this room's sources only.
namespace kubeferry::crypto::ossl {

template <auto free_function>
struct Deleter {
  template <class T>
  void operator()(T* handle) const noexcept {
    free_function(handle);
  }
};

using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using BigNumber = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using BigNumberContext = std::unique_ptr<BN_CTX, Deleter<BN_CTX_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using GeneralName = std::unique_ptr<GENERAL_NAME, Deleter<GENERAL_NAME_free>>;
using GeneralNames = std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using Pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Deleter<PKCS8_PRIV_KEY_INFO_free>>;
using EncryptedPkcs8 = std::unique_ptr<X509_SIG, Deleter<X509_SIG_free>>;

/// A read-only BIO over `bytes`, which must outlive it; null for more than INT_MAX bytes.
[[nodiscard]] Bio view(ByteView bytes);
/// A writable BIO in memory that is wiped when it goes.
[[nodiscard]] Bio memory();
/// What was written to memory() so far.
[[nodiscard]] std::string content(BIO* memory);

[[nodiscard]] inline const unsigned char* data(ByteView bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
[[nodiscard]] inline unsigned char* data(MutableByteView bytes) noexcept {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

/// A failure of our own use of OpenSSL (bug): `what`, and OpenSSL's last reason. Empties its error queue.
[[nodiscard]] Failure failure(std::string_view what);

}  // namespace kubeferry::crypto::ossl
