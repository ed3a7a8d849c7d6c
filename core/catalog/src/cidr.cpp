// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <array>
#include <charconv>

#include <kubeferry/base/text.hpp>

#include "spec_fields.hpp"

namespace kubeferry::catalog {

namespace {

enum class Family { ipv4, ipv6 };

/// Whether all bits of `address` from `prefix` on are zero.
bool is_network(std::span<const unsigned char> address, unsigned prefix) {
  for (unsigned bit = prefix; bit < address.size() * 8; ++bit) {
    if ((address[bit / 8] >> (7U - bit % 8U) & 1U) != 0) {
      return false;
    }
  }
  return true;
}

Result<Family> check_cidr(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(ExitCode::usage, "\"{}\" is no CIDR: {}", printable(text), why);
  };
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) {
    return wrong("no prefix length, as in 10.244.0.0/16");
  }
  const std::string address(text.substr(0, slash));
  const std::string_view length = text.substr(slash + 1);
  std::array<unsigned char, 16> bytes{};
  const bool six = address.find(':') != std::string::npos;
  if (address.find('\0') != std::string::npos ||
      inet_pton(six ? AF_INET6 : AF_INET, address.c_str(), bytes.data()) != 1) {
    return wrong("no such address");
  }
  unsigned prefix = 0;
  const auto [stop, error] = std::from_chars(length.data(), length.data() + length.size(), prefix);
  if (error != std::errc{} || stop != length.data() + length.size() || length.size() > 3 ||
      (length.size() > 1 && length.front() == '0') || prefix < 1 || prefix > (six ? 128U : 32U)) {
    return wrong("no such prefix length");
  }
  if (!is_network(std::span(bytes).first(six ? 16 : 4), prefix)) {
    return wrong("the address has bits set behind the prefix");
  }
  return six ? Family::ipv6 : Family::ipv4;
}

}  // namespace

Result<std::vector<std::string>> parse_pod_cidr(std::string_view text) {
  std::vector<std::string> cidrs;
  std::vector<Family> families;
  for (const std::string_view part : split(text, ',')) {
    KF_TRY_ASSIGN(families.emplace_back(), check_cidr(part));
    cidrs.emplace_back(part);
  }
  if (cidrs.size() > 2 || (cidrs.size() == 2 && families[0] == families[1])) {
    return fail(ExitCode::usage, "\"{}\" must be one CIDR, or one of IPv4 and one of IPv6", printable(text));
  }
  return cidrs;
}

}  // namespace kubeferry::catalog
