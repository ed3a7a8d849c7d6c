// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kubeferry/testing/test_pki.hpp>

namespace kubeferry::testing {

/// A request as it arrived.
struct Recorded {
  std::string method;
  std::string target;  ///< path and query
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The header of that name (any case); empty when there is none.
  [[nodiscard]] std::string header(std::string_view name) const;
  [[nodiscard]] bool has_header(std::string_view name) const;
};

enum class Framing {
  length,
  chunked,
  chunked_without_end,  ///< the connection closes instead of the last chunk
  until_close,          ///< no length at all
};

enum class Ranges { ignored, honoured };

/// What to answer, and what to do wrong about it.
struct Answer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Framing framing = Framing::length;
  std::optional<std::uint64_t> content_length;  ///< a lie about the body's length
  std::optional<std::size_t> drop_after;        ///< resets the connection after so many bytes of the body
  std::chrono::milliseconds delay{0};           ///< before the first byte
  std::size_t drip_bytes = 0;                   ///< sends so many bytes at a time …
  std::chrono::milliseconds drip_pause{0};      ///< … with this pause between them
  Ranges ranges = Ranges::ignored;              ///< honoured: 206 with that part of the body, or 416
};

struct FaultServerOptions {
  std::optional<CertificateFiles> tls;
  std::filesystem::path client_ca;  ///< clients need a certificate of this CA
  bool old_tls_only = false;        ///< TLS 1.1 at most
  bool cut_handshake = false;       ///< closes as soon as the client has said hello
};

/// A scriptable HTTP/1.1 server on a free port of 127.0.0.1, one thread a connection. Paths that have no script are
/// answered 404. Starts in the constructor (std::runtime_error when it cannot), stops in the destructor.
class FaultServer {
public:
  using Handler = std::function<Answer(const Recorded&)>;

  explicit FaultServer(FaultServerOptions options = {});
  FaultServer(const FaultServer&) = delete;
  FaultServer& operator=(const FaultServer&) = delete;
  ~FaultServer();

  /// Answers `path` (without query; any method) by `handler`, which is called from several threads, and copied: its
  /// state lives elsewhere.
  void on(const std::string& path, Handler handler);
  /// The answers one after the other; the last one from then on.
  void on(const std::string& path, std::vector<Answer> answers);
  /// Answers without reading the request's body, and closes while the client still sends.
  void refuse_body(const std::string& path, Answer answer);
  /// What is not scripted otherwise.
  void otherwise(Handler handler);

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string authority() const;  ///< "127.0.0.1:PORT"
  [[nodiscard]] std::string url(std::string_view target = "") const;
  [[nodiscard]] std::vector<Recorded> requests() const;
  [[nodiscard]] std::size_t count(std::string_view path) const;  ///< requests to it, whatever the query
  [[nodiscard]] std::size_t connections() const;                 ///< accepted so far

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubeferry::testing
