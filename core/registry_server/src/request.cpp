// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/registry_server/request.hpp>

#include <limits>
#include <utility>  // before Boost: Beast 1.74 uses std::exchange without including it

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace kubeferry::registry_server {

namespace {

namespace http = boost::beast::http;

std::string text_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

std::optional<std::string> field(const http::fields& fields, http::field name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::nullopt : std::optional<std::string>(text_of(found->value()));
}

Method method_of(http::verb verb) {
  if (verb == http::verb::get) {
    return Method::get;
  }
  return verb == http::verb::head ? Method::head : Method::other;
}

/// Whether the request line ends in another major version of HTTP. Beast calls any line that it cannot take apart after
/// the target a bad version.
bool speaks_other_version(std::string_view head) {
  constexpr std::string_view k_example = "HTTP/2.0";
  const std::string_view line = head.substr(0, head.find('\r'));
  if (line.size() <= k_example.size()) {
    return false;
  }
  const std::string_view version = line.substr(line.size() - k_example.size());
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.starts_with("HTTP/") && is_digit(version[5]) && version[5] != '1' && version[6] == '.' &&
         is_digit(version[7]);
}

}  // namespace

std::optional<std::size_t> find_head_end(std::string_view input, std::size_t& searched) {
  constexpr std::string_view k_empty_line = "\r\n\r\n";
  const std::size_t from = searched < k_empty_line.size() ? 0 : searched - k_empty_line.size();
  const std::size_t found = input.find(k_empty_line, from);
  if (found == std::string_view::npos) {
    searched = input.size();
    return std::nullopt;
  }
  searched = 0;
  return found + k_empty_line.size();
}

tl::expected<Request, BadRequest> parse_request(std::string_view head) {
  http::request_parser<http::empty_body> parser;
  // The caller has bounded the head; Beast's own limit would only be a second, silent one.
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  boost::system::error_code error;
  parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error == http::error::bad_version && speaks_other_version(head)) {
    return tl::make_unexpected(BadRequest{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"});
  }
  if (error || !parser.is_header_done()) {
    return tl::make_unexpected(BadRequest{400, "malformed request"});
  }
  const auto& message = parser.get();
  if (message.version() >= 11 && message.count(http::field::host) != 1) {
    return tl::make_unexpected(BadRequest{400, "a request needs one Host header"});
  }
  Request request;
  request.method = method_of(message.method());
  request.method_name = text_of(message.method_string());
  request.target = text_of(message.target());
  auto target = parse_target(request.target);
  if (!target) {
    return tl::make_unexpected(BadRequest{400, "malformed request target"});
  }
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  request.range = field(message, http::field::range);
  request.if_range = field(message, http::field::if_range);
  request.if_none_match = field(message, http::field::if_none_match);
  // HTTP/1.0 clients would need their keep-alive confirmed in words; they get one response a connection.
  request.keep_alive = message.keep_alive() && message.version() >= 11;
  request.has_body = message.chunked() || (parser.content_length() && *parser.content_length() != 0);
  return request;
}

}  // namespace kubeferry::registry_server
