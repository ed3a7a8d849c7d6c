// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <kubeferry/base/exit_code.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry::net {

/// An absolute http or https URL, taken apart strictly enough that no two parsers can read it differently.
struct Url {
  std::string scheme;      ///< "http" or "https"
  std::string host;        ///< lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;  ///< never 0 after parsing: the scheme's default when none is written
  std::string path = "/";  ///< starts with '/'; percent-encoding as written, never re-encoded
  std::string query;       ///< without the '?'
  bool has_query = false;  ///< tells "/a?" from "/a"

  [[nodiscard]] bool is_https() const noexcept { return scheme == "https"; }
  /// "host:port", the host in brackets when it is an IPv6 address; the key of ClientOptions::endpoints.
  [[nodiscard]] std::string authority() const;
  /// "scheme://host:port": what a credential is bound to.
  [[nodiscard]] std::string origin() const;
  /// Path and query, as they go into a request line.
  [[nodiscard]] std::string target() const;
  /// The whole; the port only when it is not the scheme's default.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] bool operator==(const Url&) const = default;
};

/// Parses an absolute URL. An error of class `code` for: another scheme, user information, a fragment, an empty or odd
/// host, a port that is none, white space, control characters, backslashes, bytes beyond ASCII, more than 8 KiB.
Result<Url> parse_url(std::string_view text, ExitCode code = ExitCode::usage);

/// Resolves a reference that a server sent (Location, Link) against the URL it answered for (RFC 3986 §5): absolute,
/// "//host/…", "/path", "path" or "?query". Empty or refused by parse_url: network error.
Result<Url> join_url(const Url& base, std::string_view reference);

/// The URL without user information, query and fragment, for messages; works on text that is no URL too.
[[nodiscard]] std::string redacted(std::string_view url);

/// Percent-encodes everything but unreserved characters (RFC 3986 §2.3), for a query value.
[[nodiscard]] std::string encode_query_value(std::string_view value);

/// Is `host` a literal link-local address (169.254.0.0/16, fe80::/10), where clouds keep instance credentials?
[[nodiscard]] bool is_link_local(std::string_view host);

}  // namespace kubeferry::net
