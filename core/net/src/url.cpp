// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/net/url.hpp>

#include <algorithm>
#include <vector>

#include <kubeferry/base/text.hpp>
#include <kubeferry/net/header_values.hpp>

namespace kubeferry::net {
namespace {

constexpr std::size_t k_longest_url = 8192;

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_url_text(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return c > ' ' && c < 0x7f && c != '\\' && c != '"' && c != '<' && c != '>'; });
}

bool is_host_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && host.front() != '.' && host.front() != '-' &&
         host.find("..") == std::string_view::npos &&
         std::ranges::all_of(host, [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; });
}

bool is_ipv6_text(std::string_view host) {
  return host.size() >= 2 && host.size() <= 45 && host.find(':') != std::string_view::npos &&
         std::ranges::all_of(
             host, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.'; });
}

std::uint16_t default_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

// RFC 3986 §5.2.4: the server's "../" must not survive into the request line.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  const auto segments = split(path, '/');
  for (std::size_t i = 1; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == ".." && !kept.empty()) {
      kept.pop_back();
    }
    if (segments[i] != "." && segments[i] != "..") {
      kept.push_back(segments[i]);
    } else if (last) {
      kept.emplace_back();
    }
  }
  std::string result;
  for (const auto segment : kept) {
    result.append("/").append(segment);
  }
  return result.empty() ? "/" : result;
}

}  // namespace

std::string Url::authority() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

std::string Url::origin() const { return fmt::format("{}://{}", scheme, authority()); }

std::string Url::target() const { return has_query ? fmt::format("{}?{}", path, query) : path; }

std::string Url::text() const {
  std::string where = authority();
  if (port == default_port(scheme)) {
    where.resize(where.rfind(':'));
  }
  return fmt::format("{}://{}{}", scheme, where, target());
}

Result<Url> parse_url(std::string_view text, ExitCode code) {
  const auto refuse = [&](std::string_view why) { return fail(code, "URL '{}': {}", redacted(text), why); };
  if (text.size() > k_longest_url) {
    return refuse("longer than 8 KiB");
  }
  if (!is_url_text(text)) {
    return refuse("holds characters that a URL cannot have");
  }
  if (text.find('#') != std::string_view::npos) {
    return refuse("has a fragment");
  }
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) {
    return refuse("must start with https://");
  }
  Url url;
  url.scheme = lower(text.substr(0, colon));
  if (url.scheme != "https" && url.scheme != "http") {
    return refuse("only https is allowed (and http where it was asked for)");
  }
  std::string_view rest = text.substr(colon + 3);
  const auto end = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  if (authority.find('@') != std::string_view::npos) {
    return Failure(Error{code,
                         fmt::format("URL '{}': holds a user name or password", redacted(text)),
                         "give credentials by a Docker config.json or a password file, never in a URL",
                         {}});
  }

  std::string_view port;
  bool has_port = false;
  if (authority.starts_with('[')) {
    const auto bracket = authority.find(']');
    if (bracket == std::string_view::npos) {
      return refuse("has an unfinished IPv6 address");
    }
    url.host = lower(authority.substr(1, bracket - 1));
    const auto behind = authority.substr(bracket + 1);
    if (!is_ipv6_text(url.host) || (!behind.empty() && behind.front() != ':')) {
      return refuse("has a malformed IPv6 address");
    }
    has_port = !behind.empty();
    port = has_port ? behind.substr(1) : behind;
  } else {
    const auto separator = authority.find(':');
    has_port = separator != std::string_view::npos;
    url.host = lower(authority.substr(0, separator));
    port = has_port ? authority.substr(separator + 1) : std::string_view{};
    if (!is_host_name(url.host)) {
      return refuse("has no valid host name");
    }
  }
  url.port = default_port(url.scheme);
  if (has_port) {
    const auto number = parse_decimal(port);
    if (!number || *number == 0 || *number > 65535) {
      return refuse("has no valid port");
    }
    url.port = static_cast<std::uint16_t>(*number);
  }

  const auto question = rest.find('?');
  url.path = std::string(rest.substr(0, question));
  if (url.path.empty()) {
    url.path = "/";
  }
  if (question != std::string_view::npos) {
    url.has_query = true;
    url.query = std::string(rest.substr(question + 1));
  }
  return url;
}

Result<Url> join_url(const Url& base, std::string_view reference) {
  if (reference.empty()) {
    return fail(ExitCode::network, "{}: the server sent an empty location", base.origin());
  }
  const auto scheme_end = reference.find_first_of(":/?");
  if (scheme_end != std::string_view::npos && reference[scheme_end] == ':') {
    return parse_url(reference, ExitCode::network);
  }
  if (reference.starts_with("//")) {
    return parse_url(fmt::format("{}:{}", base.scheme, reference), ExitCode::network);
  }
  const auto question = reference.find('?');
  const auto path = reference.substr(0, question);
  const auto query = question == std::string_view::npos ? std::string_view{} : reference.substr(question);
  std::string joined;
  if (path.empty()) {
    joined = base.path;
  } else if (path.starts_with('/')) {
    joined = without_dot_segments(path);
  } else {
    joined = without_dot_segments(fmt::format("{}{}", base.path.substr(0, base.path.rfind('/') + 1), path));
  }
  return parse_url(fmt::format("{}{}{}", base.origin(), joined, query), ExitCode::network);
}

std::string redacted(std::string_view url) {
  const auto tail = url.find_first_of("?#");
  const std::string_view head = url.substr(0, std::min(tail, std::size_t{512}));
  const auto colon = head.find("://");
  const auto start = colon == std::string_view::npos ? 0 : colon + 3;
  const auto slash = head.find('/', start);
  const auto at = head.substr(0, slash).rfind('@');
  if (at == std::string_view::npos || at < start) {
    return std::string(head);
  }
  return fmt::format("{}{}", head.substr(0, start), head.substr(at + 1));
}

std::string encode_query_value(std::string_view value) {
  std::string result;
  for (const char c : value) {
    if (is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      result.push_back(c);
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

bool is_link_local(std::string_view host) {
  if (host.find(':') != std::string_view::npos) {
    // fe80::/10 is fe8x to febx; the IPv4-mapped forms count too.
    return (host.size() > 3 && host.starts_with("fe") && host[2] >= '8' && host[2] <= 'b') ||
           host.find(":169.254.") != std::string_view::npos || host.find(":a9fe:") != std::string_view::npos;
  }
  return host.starts_with("169.254.");
}

}  // namespace kubeferry::net
