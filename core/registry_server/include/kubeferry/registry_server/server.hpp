// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/secret.hpp>
#include <kubeferry/registry_server/content.hpp>

namespace kubeferry::registry_server {

/// The server's own certificate, as text: the leaf first, then what is between it and the CA; and the leaf's key.
struct TlsIdentity {
  std::string certificate_chain_pem;
  crypto::SecretText private_key_pem;  ///< not encrypted
};

/// How long a client may take. Each is a bound on one wait, so that no client holds a connection for nothing.
struct Timeouts {
  std::chrono::milliseconds handshake{10000};  ///< TLS, from accept to finished
  std::chrono::milliseconds head{10000};       ///< a request's line and headers, from first byte to last
  std::chrono::milliseconds idle{60000};       ///< between two requests on one connection
  std::chrono::milliseconds stall{30000};      ///< while sending: without the client taking anything
  std::chrono::milliseconds stop{5000};        ///< what transfers get to finish after a stop was requested
};

struct Options {
  std::string address = "127.0.0.1";  ///< numeric IPv4 or IPv6; "::" also takes IPv4 where the host allows it
  std::uint16_t port = 0;             ///< 0: the system chooses, see Server::port()
  std::optional<TlsIdentity> tls;     ///< absent: plain HTTP
  std::size_t threads = 0;            ///< 0: as many as processors this process may use
  std::size_t max_connections =
      4096;  ///< at this many the longest idle one is closed for a new one, or the new one waits
  std::size_t max_head_bytes = 16384;  ///< a request's line and headers; longer is answered with 431
  Timeouts timeouts;
  /// One finished request as one line that is safe for a terminal (client, method, path, status, bytes, milliseconds).
  /// Called from the server's threads, one call at a time. Empty: nothing is formatted.
  std::function<void(std::string_view line)> log;
};

/// A read-only OCI distribution registry (distribution-spec 1.1: pull and content discovery). There is no code in it
/// that takes content from a client.
class Server {
public:
  /// Binds and listens, so that clients which connect from now on are answered once run() is called.
  /// usage error for an address that is not numeric, network when it cannot be bound, tls when certificate and key are
  /// unreadable or do not belong together.
  static Result<Server> listen(Options options, std::shared_ptr<const Content> content);

  Server(Server&& other) noexcept;
  Server& operator=(Server&&) = delete;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// The port clients connect to.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// From now on new connections are shown this identity; those that are open keep theirs. For a server that listens
  /// with TLS; may be called from any thread, while run() runs. tls error, changing nothing, as listen().
  Status set_identity(const TlsIdentity& identity);

  /// Serves until `stop` is requested; then takes no new request, lets running transfers finish for timeouts.stop and
  /// returns. Raises the process's soft limit of open files as far as max_connections needs and the hard limit allows.
  /// Call once. network error when the reactor fails.
  Status run(const std::stop_token& stop);

private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kubeferry::registry_server
