// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/net/http.hpp>

#include <kubeferry/base/text.hpp>
#include <kubeferry/net/url.hpp>

namespace kubeferry::net {
namespace {

// Enough to recognise {"errors":[{"code":…,"message":…}]} or the title of a proxy's page.
constexpr std::size_t k_words_shown = 200;

/// "Squid: Access Denied" of a page; empty when it is none, or has no title.
std::string_view title_of(std::string_view page) {
  if (!page.starts_with('<')) {
    return {};
  }
  // Of the same length, so that places in one are places in the other.
  const std::string lowered = lower(page);
  const auto tag = lowered.find("<title");
  const auto begin = tag == std::string::npos ? tag : lowered.find('>', tag);
  const auto end = begin == std::string::npos ? begin : lowered.find("</title", begin);
  return end == std::string::npos ? std::string_view() : trim(page.substr(begin + 1, end - begin - 1));
}

std::string first_words(const Response& response) {
  const auto body = trim(as_text(response.body));
  const auto title = title_of(body);
  const auto text = title.empty() ? body : title;
  if (text.empty()) {
    return {};
  }
  return fmt::format(": {}", printable(text.substr(0, std::min(text.size(), k_words_shown))));
}

}  // namespace

std::string_view method_name(Method method) noexcept {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::remove: return "DELETE";
  }
  return "GET";
}

Status expect_success(const Response& response, std::string_view what) {
  const int status = response.status;
  if (status >= 200 && status < 300) {
    return {};
  }
  const auto failure = [&](ExitCode code, std::string_view problem, std::string_view hint) {
    return Failure(Error{
        code,
        fmt::format("{}: {} (HTTP {} from {}){}", what, problem, status, redacted(response.url), first_words(response)),
        std::string(hint),
        {{"status", std::to_string(status)}}});
  };
  switch (status) {
    case 401:
      return failure(ExitCode::auth, "the server wants other credentials",
                     "log in (docker login) or give a user name and password file");
    case 403:
      return failure(ExitCode::auth, "access is denied",
                     "these credentials do not give access to it; a name that does not exist is denied like that, too");
    case 404: return failure(ExitCode::network, "not found", "check the name and tag or digest");
    case 407:  // of a plain http proxy: one for https answers CONNECT with it, see transfer_error()
      return failure(ExitCode::auth, "the proxy wants credentials", "put them into the URL in http_proxy");
    case 413:
      return failure(ExitCode::network, "too large for the server",
                     "raise the body limit of the registry or of the proxy before it");
    case 429:
      return failure(ExitCode::network, "too many requests", "the server limits the rate; log in or try again later");
    default: return failure(ExitCode::network, status >= 500 ? "the server failed" : "refused", "");
  }
}

}  // namespace kubeferry::net
