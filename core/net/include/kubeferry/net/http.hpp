// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/base/stream.hpp>
#include <kubeferry/net/headers.hpp>

namespace kubeferry::net {

enum class Method { get, head, post, put, patch, remove };

enum class HttpVersion {
  any,    ///< HTTP/2 where TLS negotiates it
  http1,  ///< for large blobs: 512 MiB over TLS took 1.1 (nginx) to 1.4 (docker-registry) times as long by HTTP/2
};

enum class Retry {
  by_method,  ///< GET, HEAD, PUT and DELETE may be repeated, POST and PATCH not (R12)
  never,
  always,  ///< the caller knows that doing it twice is harmless
};

/// A request body that is streamed. `open` is called once an attempt and again for a repetition: it must start from
/// the first byte each time.
struct StreamedBody {
  std::function<Result<std::unique_ptr<Source>>()> open;
  std::uint64_t size = 0;  ///< exact; a source of another length is an integrity error
};

struct Request {
  Method method = Method::get;
  std::string url;
  Headers headers;                   ///< off the first origin only Accept, Range and If-Range are sent (SECURITY R4)
  std::string authorization;         ///< value of Authorization, first origin only; empty for none
  std::string content;               ///< a small request body
  std::optional<StreamedBody> body;  ///< instead of `content`
  std::uint64_t body_limit = std::uint64_t{4} << 20;  ///< of a successful answer's body; more is a limit error (R8)
  HttpVersion version = HttpVersion::any;
  Retry retry = Retry::by_method;
  std::chrono::seconds idle_timeout{0};  ///< how long nothing may move; 0: as the client's options say
  std::stop_token stop;                  ///< ends the transfer and any wait with an interrupted error
};

struct Response {
  int status = 0;
  Headers headers;
  Bytes body;       ///< of send(); of any call when the status is not 2xx, cut at 64 KiB
  std::string url;  ///< where the answer came from, after redirects
};

/// What holds for one "host:port" (or "host", for all its ports).
struct EndpointOptions {
  std::filesystem::path ca;                  ///< PEM, trusted instead of the system's; empty: those
  std::filesystem::path client_certificate;  ///< PEM; empty for none
  std::filesystem::path client_key;          ///< PEM
  bool plain_http = false;                   ///< the operator flagged it: http is allowed here (R1)
};

enum class Proxy {
  environment,  ///< HTTPS_PROXY, http_proxy (lower case only), ALL_PROXY and NO_PROXY, as curl reads them
  none,
};

struct RetryPolicy {
  std::uint32_t attempts = 5;                      ///< of one request that makes no progress
  std::chrono::milliseconds first_delay{500};      ///< doubled each time, ±50 % jitter
  std::chrono::milliseconds longest_delay{60000};  ///< also caps Retry-After
  std::uint32_t budget = 200;                      ///< repetitions of all requests of one client together
};

struct ClientOptions {
  std::map<std::string, EndpointOptions, std::less<>> endpoints;
  Proxy proxy = Proxy::environment;
  HttpVersion version = HttpVersion::any;  ///< the highest that any request uses
  std::chrono::seconds connect_timeout{15};
  std::chrono::seconds idle_timeout{30};  ///< slower than `slowest` for so long: network error (R11)
  std::uint32_t slowest = 16;             ///< bytes a second
  RetryPolicy retry;
  std::string user_agent = "kubeferry";
};

/// "GET", "HEAD", …
[[nodiscard]] std::string_view method_name(Method method) noexcept;

/// ok for 2xx; otherwise the error class of the status (401, 403: auth; 404 and others: network), naming `what`, with
/// the first words of the server's own explanation.
Status expect_success(const Response& response, std::string_view what);

}  // namespace kubeferry::net
