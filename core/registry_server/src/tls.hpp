// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <kubeferry/base/result.hpp>
#include <kubeferry/registry_server/server.hpp>

#include "transport.hpp"

namespace kubeferry::registry_server {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using SslContextPtr = std::unique_ptr<SSL_CTX, Freed<&SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Freed<&SSL_free>>;
using BioMethodPtr = std::unique_ptr<BIO_METHOD, Freed<&BIO_meth_free>>;

/// What all TLS connections of a server share: identity, protocol choices, ticket keys. Immutable once made.
class TlsContext {
public:
  /// tls error when certificate or key cannot be read or do not belong together.
  static Result<TlsContext> create(const TlsIdentity& identity);

  /// The server's side of a connection on `socket`. Throws std::bad_alloc when OpenSSL has no memory.
  [[nodiscard]] std::unique_ptr<Transport> make_transport(int socket, BufferPool& pool) const;

private:
  TlsContext(SslContextPtr context, BioMethodPtr method);
  SslContextPtr context_;
  BioMethodPtr method_;
};

/// A BIO that reads from the socket of the TlsTransport it belongs to and writes to its buffer.
[[nodiscard]] BioMethodPtr make_bio_method();
[[nodiscard]] std::unique_ptr<Transport> make_tls_transport(SSL_CTX* context, const BIO_METHOD* method, int socket,
                                                            BufferPool& pool);

}  // namespace kubeferry::registry_server
