// SPDX-License-Identifier: Apache-2.0
#include "spec_fields.hpp"

#include <algorithm>

#include <kubeferry/base/text.hpp>
#include <kubeferry/platforms/platform.hpp>

namespace kubeferry::catalog {

namespace {

constexpr std::string_view k_digits = "0123456789";
constexpr std::string_view k_hex = "0123456789abcdef";
constexpr std::string_view k_lower = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view k_word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

bool only_of(std::string_view text, std::string_view allowed, std::string_view more = {}) {
  return std::ranges::all_of(text, [&](char c) {
    return allowed.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
  });
}

/// [a-z0-9]+ joined by ".", "_", "__" or any number of "-".
bool is_path_component(std::string_view text) {
  if (text.empty() || !only_of(text, k_lower, "._-") || k_lower.find(text.front()) == std::string_view::npos ||
      k_lower.find(text.back()) == std::string_view::npos) {
    return false;
  }
  for (std::size_t i = text.find_first_of("._-"); i != std::string_view::npos;) {
    const std::size_t end = text.find_first_not_of("._-", i);
    const std::string_view separator = text.substr(i, end - i);
    if (separator != "." && separator != "_" && separator != "__" && !only_of(separator, "-")) {
      return false;
    }
    i = text.find_first_of("._-", end);
  }
  return true;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && only_of(text, k_digits) && text.front() != '0' &&
         std::stoul(std::string(text)) <= 65535;
}

bool is_host(std::string_view text) {
  std::string_view host = text;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || end < 3 || !only_of(text.substr(1, end - 1), k_hex, ":.")) {
      return false;
    }
    return text.size() == end + 1 || (text[end + 1] == ':' && is_port(text.substr(end + 2)));
  }
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    if (!is_port(text.substr(colon + 1))) {
      return false;
    }
  }
  return host.size() <= 253 && std::ranges::all_of(split(host, '.'), [](std::string_view label) {
           return !label.empty() && label.size() <= 63 && only_of(label, k_lower, "-") && label.front() != '-' &&
                  label.back() != '-';
         });
}

bool is_digest(std::string_view text) {
  return (text.starts_with("sha256:") && text.size() == 7 + 64 && only_of(text.substr(7), k_hex)) ||
         (text.starts_with("sha512:") && text.size() == 7 + 128 && only_of(text.substr(7), k_hex));
}

bool is_tag(std::string_view text) {
  return !text.empty() && text.size() <= 128 && only_of(text, k_word, ".-") && text.front() != '.' &&
         text.front() != '-';
}

}  // namespace

Status check_name(std::string_view text) {
  if (text.empty() || text.size() > 128 || !only_of(text, k_word, ".-+") || !only_of(text.substr(0, 1), k_word) ||
      text.front() == '_') {
    return fail(ExitCode::usage,
                "\"{}\" must start with a letter or digit and hold only letters, digits and . _ - +, at most 128",
                printable(text));
  }
  return {};
}

Status check_host(std::string_view text) {
  if (!is_host(text)) {
    return fail(ExitCode::usage, "\"{}\" is no host or host:port in lower case", printable(text));
  }
  return {};
}

Status check_image(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(ExitCode::usage, "\"{}\" is no image reference: {}", printable(text), why);
  };
  std::string_view name = text;
  if (text.size() > 1024) {
    return fail(ExitCode::usage, "an image reference of {} characters is too long", text.size());
  }
  if (const auto at = name.find('@'); at != std::string_view::npos) {
    if (!is_digest(name.substr(at + 1))) {
      return wrong("after @ there must be sha256: and 64 lower-case hexadecimal digits");
    }
    name = name.substr(0, at);
  }
  const auto slash = name.rfind('/');
  if (const auto colon = name.rfind(':');
      colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    if (!is_tag(name.substr(colon + 1))) {
      return wrong("the tag is not well-formed");
    }
    name = name.substr(0, colon);
  }
  if (const auto first = name.find('/'); first != std::string_view::npos) {
    const std::string_view host = name.substr(0, first);
    if (host.find_first_of(".:") != std::string_view::npos || host == "localhost") {
      if (!is_host(host)) {
        return wrong("the registry is no host or host:port in lower case");
      }
      name = name.substr(first + 1);
    }
  }
  if (!std::ranges::all_of(split(name, '/'), is_path_component)) {
    return wrong("the repository must be of lower-case letters and digits, with single . _ or - between them");
  }
  return {};
}

Status check_repository_path(std::string_view text) {
  if (text.size() > 255 || !std::ranges::all_of(split(text, '/'), is_path_component)) {
    return fail(ExitCode::usage, "\"{}\" is no repository path", printable(text));
  }
  return {};
}

Status check_url(std::string_view text) {
  std::string_view rest = text;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (rest.starts_with(scheme)) {
      rest.remove_prefix(scheme.size());
      const auto slash = rest.find('/');
      const std::string_view path = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash);
      if (text.size() <= 2048 && is_host(rest.substr(0, slash)) && only_of(path, k_word, "/.-+~%=&?:@,;!$'()*") &&
          path.find("/../") == std::string_view::npos && !path.ends_with("/..")) {
        return {};
      }
    }
  }
  return fail(ExitCode::usage, "\"{}\" is no http(s) URL of a lower-case host, without user and fragment",
              printable(text));
}

Status check_sha256(std::string_view text) {
  if (text.size() != 64 || !only_of(text, k_hex)) {
    return fail(ExitCode::usage, "must be 64 lower-case hexadecimal digits");
  }
  return {};
}

Result<std::uint32_t> parse_mode(std::string_view text) {
  if (text == "0644" || text == "0755") {
    return text == "0644" ? 0644U : 0755U;
  }
  return fail(ExitCode::usage, "must be \"0644\" or \"0755\", is \"{}\"", printable(text));
}

Result<std::string> resolve_path(std::string_view path, const std::filesystem::path& spec) {
  if (path.empty() || path.size() > 4096 || printable(path) != path) {
    return fail(ExitCode::usage, "is no file name");
  }
  return (spec.parent_path() / path).string();
}

Result<std::string> parse_platform(std::string_view text) {
  KF_TRY_ASSIGN(const platforms::Platform* platform, platforms::find(text));
  return std::string(platform->name);
}

std::vector<std::string> all_platforms() {
  std::vector<std::string> names;
  for (const platforms::Platform& platform : platforms::all()) {
    names.emplace_back(platform.name);
  }
  return names;
}

}  // namespace kubeferry::catalog
