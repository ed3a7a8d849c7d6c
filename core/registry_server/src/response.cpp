// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/registry_server/response.hpp>

#include <iterator>

#include <fmt/format.h>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/text.hpp>

namespace kubeferry::registry_server {

namespace {

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 206: return "Partial Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 416: return "Range Not Satisfiable";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 505: return "HTTP Version Not Supported";
    default: return "";
  }
}

std::string_view code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::blob_unknown: return "BLOB_UNKNOWN";
    case ErrorCode::digest_invalid: return "DIGEST_INVALID";
    case ErrorCode::manifest_unknown: return "MANIFEST_UNKNOWN";
    case ErrorCode::name_invalid: return "NAME_INVALID";
    case ErrorCode::name_unknown: return "NAME_UNKNOWN";
    case ErrorCode::unsupported: return "UNSUPPORTED";
    case ErrorCode::pagination_number_invalid: return "PAGINATION_NUMBER_INVALID";
    case ErrorCode::unknown: break;
  }
  return "UNKNOWN";
}

}  // namespace

Response error_response(unsigned status, ErrorCode code, std::string_view message) {
  Json one = Json::object();
  one.set("code", code_name(code)).set("message", printable(message));
  Json all = Json::object();
  all.set("errors", Json(Json::Array{std::move(one)}));
  Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = to_text(all);
  return response;
}

std::string head_text(const Response& response, bool keep_alive) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  for (const auto& [name, value] : response.headers) {
    fmt::format_to(std::back_inserter(out), "{}: {}\r\n", name, value);
  }
  // A 304 describes the representation it does not send (RFC 9110 §15.4.5); our plan of it has no body to count.
  if (response.status != 304) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.content_length());
  }
  out += "Docker-Distribution-Api-Version: registry/2.0\r\nX-Content-Type-Options: nosniff\r\n";
  out += keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
  return out;
}

}  // namespace kubeferry::registry_server
