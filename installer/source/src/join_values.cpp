// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/source/join_values.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <kubeferry/base/text.hpp>
#include <kubeferry/oci/reference.hpp>

namespace kubeferry::source {

namespace {

bool is_word(std::string_view text, std::size_t length) {
  return text.size() == length &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

bool is_hex(std::string_view text, std::size_t length) {
  return text.size() == length &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9'); });
}

Failure usage(std::string_view what, std::string_view problem, std::string_view hint) {
  return Failure(Error{ExitCode::usage, fmt::format("{}: {}", what, problem), std::string(hint), {}});
}

}  // namespace

Status check_token(std::string_view token, std::string_view what) {
  constexpr std::size_t k_id = 6;
  const bool shaped = token.size() > k_id && token[k_id] == '.' && is_word(token.substr(0, k_id), k_id) &&
                      is_word(token.substr(k_id + 1), 16);
  if (!shaped) {
    return usage(what, "is no bootstrap token: 6 characters, a dot, 16 characters, all a-z or 0-9",
                 "copy it whole, or make a new one on a control-plane node: kubeferry token create");
  }
  return {};
}

Status check_ca_hash(std::string_view hash, std::string_view what) {
  constexpr std::string_view k_prefix = "sha256:";
  if (!hash.starts_with(k_prefix) || !is_hex(hash.substr(k_prefix.size()), 64)) {
    return usage(what, fmt::format("'{}' is no hash of the cluster's CA: sha256: and 64 hex digits", printable(hash)),
                 "kubeferry never joins without it: the join pack and the join line of a control-plane node have it");
  }
  return {};
}

Status check_certificate_key(std::string_view key, std::string_view what) {
  if (!is_hex(key, 64)) {
    return usage(what, "is no certificate key: 64 hex digits",
                 "copy it whole, or make a new pack on a control-plane node");
  }
  return {};
}

Status check_endpoint(std::string_view endpoint, std::string_view what) {
  const std::size_t colon = endpoint.rfind(':');
  std::uint16_t port = 0;
  const bool has_port = [&] {
    if (colon == std::string_view::npos) {
      return false;
    }
    const auto* end = endpoint.data() + endpoint.size();
    const auto parsed = std::from_chars(endpoint.data() + colon + 1, end, port);
    return parsed.ec == std::errc() && parsed.ptr == end && port != 0;
  }();
  if (!has_port || !oci::is_registry(endpoint)) {
    return usage(what, fmt::format("'{}' is no address of an API server: HOST:PORT", printable(endpoint)),
                 "such as 10.0.0.1:6443, [2001:db8::1]:6443 or api.site:6443");
  }
  return {};
}

}  // namespace kubeferry::source
