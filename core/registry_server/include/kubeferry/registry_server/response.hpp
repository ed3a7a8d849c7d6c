// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kubeferry/registry_server/content.hpp>

namespace kubeferry::registry_server {

/// What a request gets: decided without touching a socket, so that it can be tested without one.
/// The body is `body`, or `length` bytes of `blob` from `first`.
struct Response {
  unsigned status = 200;
  std::vector<std::pair<std::string_view, std::string>> headers;  ///< names are literals
  std::string body;
  std::shared_ptr<const BlobReader> blob;
  std::uint64_t first = 0;
  std::uint64_t length = 0;
  bool close = false;  ///< the connection cannot be used after this response
  std::string pulled;  ///< the repository to count this pull for; empty: not a pull

  /// Bytes of the body a GET gets.
  [[nodiscard]] std::uint64_t content_length() const { return blob ? length : body.size(); }
};

/// The codes of distribution-spec "Error Codes", plus UNKNOWN for what is our own fault.
enum class ErrorCode {
  blob_unknown,
  digest_invalid,
  manifest_unknown,
  name_invalid,
  name_unknown,
  unsupported,
  pagination_number_invalid,
  unknown,
};

/// A response with the JSON body the specification wants, {"errors":[{"code":…,"message":…}]}.
/// The message may hold bytes from outside; they are made printable.
[[nodiscard]] Response error_response(unsigned status, ErrorCode code, std::string_view message);

/// Status line and header fields up to the empty line, with Content-Length and Connection.
[[nodiscard]] std::string head_text(const Response& response, bool keep_alive);

}  // namespace kubeferry::registry_server
