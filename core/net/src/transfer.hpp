// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include <kubeferry/base/result.hpp>
#include <kubeferry/net/http.hpp>
#include <kubeferry/net/url.hpp>

#include "easy.hpp"
#include "trust.hpp"

namespace kubeferry::net {

/// Where the body of a 2xx answer goes.
class Receiver {
public:
  virtual ~Receiver() = default;
  /// The head of a 2xx answer is complete.
  virtual Status begin(const Response& head) = 0;
  virtual Status write(ByteView bytes) = 0;
};

/// Would another attempt help?
enum class Transient {
  no,
  briefly,  ///< twice more: wrong names and closed ports seldom become right
  yes,
};

/// What one exchange came to: an answer, an error, or both (a body that broke off).
struct Outcome {
  Response response;  ///< status 0 when no head arrived
  std::optional<Error> error;
  Transient transient = Transient::no;
};

/// One request to one URL.
struct Hop {
  const Request& request;
  const Url& url;
  const Headers& headers;  ///< all that is sent, Authorization included
  const Trust& trust;
  const ClientOptions& options;
  HttpVersion version = HttpVersion::any;
  bool foreign = false;  ///< behind a redirect to another host
};

/// Sends one request on `handle` and takes the answer; follows nothing, repeats nothing.
Outcome transfer(CURL* handle, const Hop& hop, Receiver& receiver);

/// The error of a failed transfer, with a hint that fits; `verify_result` is OpenSSL's (CURLINFO_SSL_VERIFYRESULT).
Error transfer_error(CURLcode code, long verify_result, std::string_view details, const Url& url);

/// Whether the failure may go away by itself.
Transient transience(CURLcode code, std::string_view details);

}  // namespace kubeferry::net
