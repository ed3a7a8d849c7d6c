// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/oci/reference.hpp>

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

#include <kubeferry/base/text.hpp>

namespace kubeferry::oci {
namespace {

constexpr std::string_view k_default_registry = "docker.io";
constexpr std::string_view k_official = "library/";
constexpr std::size_t k_max_name = 255;
constexpr std::size_t k_max_tag = 128;
constexpr std::size_t k_max_text = k_max_name + k_max_tag + 160;  // the longest digest has 135 bytes

// The C library's versions ask the locale.
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_lower(c) || is_upper(c) || is_digit(c); }

// What may stand between two runs of letters and digits in a path component: "." "_" "__" or any number of "-".
bool is_separator(std::string_view text) {
  return text == "." || text == "_" || text == "__" || text.find_first_not_of('-') == std::string_view::npos;
}

bool is_component(std::string_view text) noexcept {
  std::size_t i = 0;
  const auto run = [&](auto wanted) {
    const std::size_t begin = i;
    while (i < text.size() && wanted(text[i])) {
      ++i;
    }
    return text.substr(begin, i - begin);
  };
  const auto word = [](char c) { return is_lower(c) || is_digit(c); };
  const auto separator = [](char c) { return c == '.' || c == '_' || c == '-'; };
  if (run(word).empty()) {
    return false;
  }
  while (i < text.size()) {
    const std::string_view between = run(separator);
    if (between.empty() || !is_separator(between) || run(word).empty()) {
      return false;
    }
  }
  return true;
}

bool is_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 1 && value <= 65535 &&
         text.front() != '0';
}

bool is_host_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_bracketed_address(std::string_view text) {
  if (text.size() < 4 || text.front() != '[' || text.back() != ']') {
    return false;
  }
  text = text.substr(1, text.size() - 2);
  // inet_pton stops at a zero byte and would let anything follow it.
  in6_addr address{};
  return text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos &&
         ::inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

// Docker's rule for whether the part before the first slash is a registry at all.
bool looks_like_registry(std::string_view text) {
  return text == "localhost" || text.starts_with('[') || text.find_first_of(".:") != std::string_view::npos ||
         std::any_of(text.begin(), text.end(), is_upper);
}

bool is_image_id(std::string_view text) { return text.size() == 64 && from_hex(text); }

Failure wrong(std::string_view text, std::string_view problem) {
  return fail(ExitCode::usage, "image reference \"{}\": {}", text.substr(0, 200), problem);
}

std::string_view repository_fault(std::string_view repository) {
  if (repository.empty()) {
    return "the repository is missing";
  }
  if (std::any_of(repository.begin(), repository.end(), is_upper)) {
    return "the repository must be lower case";
  }
  return "the repository must be words of a-z and 0-9, joined by one of . _ __ - and /";
}

}  // namespace

bool is_repository(std::string_view text) noexcept {
  if (text.size() > k_max_name) {
    return false;
  }
  for (std::size_t begin = 0;;) {
    const std::size_t slash = text.find('/', begin);
    if (!is_component(text.substr(begin, slash - begin))) {
      return false;
    }
    if (slash == std::string_view::npos) {
      return true;
    }
    begin = slash + 1;
  }
}

bool is_tag(std::string_view text) noexcept {
  return !text.empty() && text.size() <= k_max_tag && (is_alphanumeric(text.front()) || text.front() == '_') &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_registry(std::string_view text) noexcept {
  const std::size_t colon = text.rfind(':');
  const bool address = text.starts_with('[');
  std::string_view host = text;
  if (colon != std::string_view::npos && !(address && text.ends_with(']'))) {
    if (!is_port(text.substr(colon + 1))) {
      return false;
    }
    host = text.substr(0, colon);
  }
  if (address) {
    return is_bracketed_address(host);
  }
  const auto labels = split(host, '.');
  return host.size() <= k_max_name && std::all_of(labels.begin(), labels.end(), is_host_label);
}

Result<Reference> Reference::parse(std::string_view text) {
  if (text.empty() || text.size() > k_max_text) {
    return wrong(text, text.empty() ? "it is empty" : "it is too long");
  }
  if (text.find("://") != std::string_view::npos) {
    return wrong(text, "it is written without http:// or https://");
  }
  Reference reference;
  std::string_view rest = text;
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    auto digest = crypto::Digest::parse(rest.substr(at + 1));
    if (!digest) {
      return wrong(text, digest.error().message);
    }
    reference.digest = *digest;
    rest = rest.substr(0, at);
  }
  // A colon after the last slash begins a tag; one before it, a port.
  const std::size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos && rest.find('/', colon) == std::string_view::npos) {
    const std::string_view tag = rest.substr(colon + 1);
    if (!is_tag(tag)) {
      return wrong(text, "the tag must be 1 to 128 of A-Z a-z 0-9 _ . - and not begin with . or -");
    }
    reference.tag = std::string(tag);
    rest = rest.substr(0, colon);
  }
  const std::size_t slash = rest.find('/');
  const bool named = slash != std::string_view::npos && looks_like_registry(rest.substr(0, slash));
  reference.registry = std::string(named ? rest.substr(0, slash) : k_default_registry);
  reference.repository = std::string(named ? rest.substr(slash + 1) : rest);
  if (reference.registry == "index.docker.io") {
    reference.registry = std::string(k_default_registry);
  }
  if (!is_registry(reference.registry)) {
    return wrong(text, "the registry must be a host name or address, with or without :port");
  }
  if (!is_repository(reference.repository)) {
    return wrong(text, repository_fault(reference.repository));
  }
  if (!named && is_image_id(reference.repository)) {
    return wrong(text, "64 hex digits are an image's id, not a name");
  }
  if (reference.registry == k_default_registry && reference.repository.find('/') == std::string::npos) {
    reference.repository.insert(0, k_official);
  }
  if (reference.registry.size() + 1 + reference.repository.size() > k_max_name) {
    return wrong(text, "registry and repository together have more than 255 bytes");
  }
  return reference;
}

std::string Reference::name() const { return registry + "/" + repository; }

std::string Reference::to_string() const {
  std::string text = name();
  if (tag) {
    text.append(":").append(*tag);
  }
  if (digest) {
    text.append("@").append(digest->to_string());
  }
  return text;
}

// Only shortened where the short form means the same: a nested "library/a/b", an id-like word or a first word that
// would read as a registry stay as they are.
std::string Reference::familiar() const {
  const std::string text = to_string();
  if (registry != k_default_registry) {
    return text;
  }
  const std::string_view path = repository;
  const std::size_t registry_part = k_default_registry.size() + 1;
  if (path.starts_with(k_official)) {
    const std::string_view word = path.substr(k_official.size());
    const bool plain = word.find('/') == std::string_view::npos && !is_image_id(word);
    return text.substr(plain ? registry_part + k_official.size() : registry_part);
  }
  return looks_like_registry(path.substr(0, path.find('/'))) ? text : text.substr(registry_part);
}

std::string Reference::tag_or_digest() const {
  if (digest) {
    return digest->to_string();
  }
  return tag.value_or("latest");
}

Reference Reference::with_default_tag() const {
  Reference full = *this;
  if (!full.tag && !full.digest) {
    full.tag = "latest";
  }
  return full;
}

}  // namespace kubeferry::oci
