// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/stream.hpp>
#include <kubeferry/net/clock.hpp>
#include <kubeferry/net/http.hpp>

namespace kubeferry::net {

/// A sink whose content may turn out to be for nothing: the server ignored a Range, or the thing changed.
class RestartableSink : public Sink {
public:
  /// Forgets all bytes written so far; the next write is the first byte of the whole.
  virtual Status restart() = 0;
};

/// How a download ended. With a status other than 2xx, `received` says where to go on after, say, a new token.
struct Download {
  Response response;
  std::uint64_t received = 0;  ///< bytes of the whole that the sink holds
};

/// An HTTP client with the rules of SECURITY.md R1-R12 built in. Any number of threads may call it at once; idle
/// connections are kept and reused, name look-ups and TLS sessions are shared.
///
/// Statuses are answers, not errors: 404 gives a Response (see expect_success). Errors are: network (name, connection,
/// time-out, broken transfer after all repetitions, refused redirect), tls, limit (body or headers over the cap),
/// integrity (length or encoding other than promised), interrupted, and whatever the sink or source fails with.
class Client {
public:
  /// `clock` is only there for tests. tls error when an endpoint's CA, certificate or key cannot be read.
  static Result<std::unique_ptr<Client>> make(ClientOptions options, std::shared_ptr<Clock> clock = nullptr);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  /// The answer with its body in memory, at most request.body_limit bytes.
  Result<Response> send(const Request& request);

  /// The body of a 2xx answer goes to `sink`, at most request.body_limit bytes. Repeated only while the sink has
  /// nothing yet.
  Result<Response> fetch(const Request& request, Sink& sink);

  /// GETs something of exactly `expected_size` bytes, of which the sink already has the first `resume_from`.
  /// A transfer that breaks off goes on by Range; when that cannot be trusted (200, another offset, another ETag) the
  /// sink is restarted. One byte too many, or another length announced: integrity error.
  Result<Download> download(const Request& request, std::uint64_t expected_size, std::uint64_t resume_from,
                            RestartableSink& sink);

private:
  struct State;
  explicit Client(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kubeferry::net
