// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

namespace kubeferry::registry_server {

enum class Method { get, head, other };

/// One request as far as this server cares, taken from untrusted bytes.
struct Request {
  Method method = Method::get;
  std::string method_name;                                 ///< as sent; for the log
  std::string target;                                      ///< as sent; for the log
  std::string path;                                        ///< percent-decoded, starts with '/', no control characters
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in order
  std::optional<std::string> range;                        ///< header fields
  std::optional<std::string> if_range;
  std::optional<std::string> if_none_match;
  bool keep_alive = true;  ///< by version and Connection
  bool has_body = false;   ///< it announces a body, which this server never reads

  /// The first value of a query parameter; nothing when it is absent.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view key) const;
};

/// Why bytes are no request that could be answered; the connection cannot be used further.
struct BadRequest {
  unsigned status = 400;  ///< 400, 414, 431 or 505
  std::string_view reason;
};

/// Where the head of the first request in `input` ends (after its empty line); nothing when it is not complete.
/// `searched` is how far an earlier call with less input has looked; it is updated.
[[nodiscard]] std::optional<std::size_t> find_head_end(std::string_view input, std::size_t& searched);

/// Parses one complete head, as delimited by find_head_end() (RFC 9112; CRLF line ends only, no folding, one Host).
[[nodiscard]] tl::expected<Request, BadRequest> parse_request(std::string_view head);

/// A request target (origin form, or absolute form with its host ignored) taken apart into decoded path and query.
/// Nothing for bad percent-encoding, control characters or NUL.
struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
};
[[nodiscard]] std::optional<Target> parse_target(std::string_view target);

/// Percent-encodes everything but RFC 3986's unreserved characters and '/'; for Link headers.
[[nodiscard]] std::string encode_component(std::string_view text);

}  // namespace kubeferry::registry_server
