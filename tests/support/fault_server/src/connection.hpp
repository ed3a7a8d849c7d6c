// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include <kubeferry/testing/fault_server.hpp>

namespace kubeferry::testing {

struct SslFree {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
struct SslContextFree {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, SslContextFree>;

/// A context for the server side; null when the options ask for no TLS.
SslContext make_context(const FaultServerOptions& options);

/// One client. Owns the socket.
class Connection {
public:
  Connection(int socket, SSL_CTX* context) : socket_(socket), context_(context) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  bool handshake();
  /// Reads a request's head; then the body is read with read_body(). Nothing at the end.
  std::optional<Recorded> read_head();
  bool read_body(Recorded& request);
  /// False when the connection must be closed.
  bool answer(const Recorded& request, Answer answer);
  /// Closes so that the other side sees a reset.
  void reset();

private:
  bool fill();
  bool send(std::string_view bytes);
  bool send_body(const Answer& answer);

  int socket_;
  SSL_CTX* context_;
  std::unique_ptr<SSL, SslFree> ssl_;
  std::string buffer_;
};

}  // namespace kubeferry::testing
