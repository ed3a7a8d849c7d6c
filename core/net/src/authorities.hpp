// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include <kubeferry/base/result.hpp>

struct ssl_ctx_st;
struct x509_store_st;

namespace kubeferry::net {

/// The certificate authorities that a connection believes, parsed once and shared by every connection: libcurl reads
/// its CA file again for each new one, which costs more than the rest of the handshake (docs/adr/0014). Thread-safe.
class Authorities {
public:
  /// Of `pem`, the text of certificates (CERTIFICATE or TRUSTED CERTIFICATE). tls error, without naming where the
  /// text comes from, when there is none in it or one cannot be read.
  static Result<std::shared_ptr<const Authorities>> of(const std::string& pem);

  /// Of the file at `path`, read when they are first needed; a file that cannot be read counts as empty then, as
  /// certificates in it that cannot be parsed do: the system's list is not the user's to mend.
  static std::shared_ptr<const Authorities> of_system(std::filesystem::path path);

  /// Makes `context` believe them, and them alone. False when memory is short.
  [[nodiscard]] bool apply(ssl_ctx_st* context) const;

private:
  struct Free {
    void operator()(x509_store_st* store) const noexcept;
  };
  using Store = std::unique_ptr<x509_store_st, Free>;

  explicit Authorities(std::filesystem::path path) : path_(std::move(path)) {}
  static Result<Store> parse(const std::string& pem, bool strict);

  std::filesystem::path path_;
  mutable std::once_flag read_;
  mutable Store store_;
};

/// Makes `context` refuse keys, signatures and parameters of less than 112 bits of security (RSA below 2048, SHA-1),
/// whatever OpenSSL was compiled for: Debian's own is compiled for that, one from its sources is not. A configuration
/// that is stricter stays. Source: SSL_CTX_set_security_level(3), level 2.
void refuse_weak(ssl_ctx_st* context);

}  // namespace kubeferry::net
