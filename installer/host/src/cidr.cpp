// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/host/cidr.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include <kubeferry/base/text.hpp>

namespace kubeferry::host {

namespace {

/// `address` with everything behind its first `length` bits set to zero.
std::array<std::uint8_t, 16> masked(std::span<const std::uint8_t> address, unsigned length) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t n = 0; n < address.size(); ++n) {
    const auto bit = static_cast<unsigned>(n) * 8;
    const unsigned kept = length <= bit ? 0 : std::min(8U, length - bit);
    bytes[n] = static_cast<std::uint8_t>(address[n] & (0xff00U >> kept));
  }
  return bytes;
}

Address network(const Address& address, unsigned length) {
  const auto bytes = masked(address.bytes(), length);
  return Address::from_bytes(std::span(bytes).first(address.bytes().size())).value();
}

bool is_mapped(std::span<const std::uint8_t, 16> bytes) {
  const auto zero = [](std::uint8_t byte) { return byte == 0; };
  return std::all_of(bytes.begin(), bytes.begin() + 10, zero) && bytes[10] == 0xff && bytes[11] == 0xff;
}

std::optional<unsigned> parse_length(std::string_view text, unsigned bits) {
  unsigned length = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool whole = error == std::errc{} && stop == text.data() + text.size();
  if (!whole || (text.size() > 1 && text.front() == '0') || length > bits) {
    return std::nullopt;
  }
  return length;
}

}  // namespace

Result<Address> Address::parse(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(ExitCode::usage, "\"{}\" is no IP address{}", printable(text), why);
  };
  const std::string copy(text);
  std::array<std::uint8_t, 16> bytes{};
  const bool six = text.find(':') != std::string_view::npos;
  if (text.find('\0') != std::string_view::npos ||
      ::inet_pton(six ? AF_INET6 : AF_INET, copy.c_str(), bytes.data()) != 1) {
    return wrong("");
  }
  if (six && is_mapped(bytes)) {
    return wrong(" that is used here: write the IPv4 address that is in it");
  }
  return from_bytes(std::span(bytes).first(six ? 16 : 4));
}

Result<Address> Address::from_bytes(std::span<const std::uint8_t> bytes) {
  if (bytes.size() != 4 && bytes.size() != 16) {
    return fail(ExitCode::bug, "an IP address of {} bytes", bytes.size());
  }
  Address address;
  address.family_ = bytes.size() == 4 ? Family::ipv4 : Family::ipv6;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

std::span<const std::uint8_t> Address::bytes() const noexcept {
  return std::span(bytes_).first(family_ == Family::ipv4 ? 4 : 16);
}

bool Address::is_unspecified() const noexcept {
  return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool Address::is_loopback() const noexcept {
  if (family_ == Family::ipv4) {
    return bytes_[0] == 127;
  }
  return bytes_[15] == 1 && std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

bool Address::is_link_local() const noexcept {
  return family_ == Family::ipv4 ? bytes_[0] == 169 && bytes_[1] == 254
                                 : bytes_[0] == 0xfe && (bytes_[1] & 0xc0U) == 0x80;
}

bool Address::is_multicast() const noexcept {
  return family_ == Family::ipv4 ? (bytes_[0] & 0xf0U) == 0xe0 : bytes_[0] == 0xff;
}

std::string Address::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family_ == Family::ipv4 ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size());
  return text.data();
}

std::string Address::to_host() const {
  return family_ == Family::ipv4 ? to_string() : fmt::format("[{}]", to_string());
}

Result<Cidr> Cidr::parse(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(ExitCode::usage, "\"{}\" is no CIDR: {}", printable(text), why);
  };
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) {
    return wrong("no prefix length, as in 10.244.0.0/16");
  }
  const auto address = Address::parse(text.substr(0, slash));
  if (!address) {
    return wrong(address.error().message);
  }
  const auto length = parse_length(text.substr(slash + 1), address->bits());
  if (!length) {
    return wrong("no such prefix length");
  }
  const Cidr cidr = of(*address, *length);
  if (cidr.address_ != *address) {
    return wrong(fmt::format("the address has bits set behind the prefix; the network is {}", cidr.to_string()));
  }
  return cidr;
}

Cidr Cidr::of(const Address& address, unsigned length) {
  Cidr cidr;
  cidr.length_ = std::min(length, address.bits());
  cidr.address_ = network(address, cidr.length_);
  return cidr;
}

bool Cidr::contains(const Address& address) const noexcept {
  return address.family() == family() && network(address, length_) == address_;
}

bool Cidr::contains(const Cidr& other) const noexcept { return length_ <= other.length_ && contains(other.address_); }

bool Cidr::overlaps(const Cidr& other) const noexcept { return contains(other) || other.contains(*this); }

std::optional<Address> Cidr::nth(std::uint64_t n) const {
  std::array<std::uint8_t, 16> bytes{};
  const auto start = address_.bytes();
  std::copy(start.begin(), start.end(), bytes.begin());
  for (std::size_t at = start.size(); at-- > 0 && n > 0;) {
    const std::uint64_t sum = bytes[at] + (n & 0xffU);
    bytes[at] = static_cast<std::uint8_t>(sum & 0xffU);
    n = (n >> 8U) + (sum >> 8U);
  }
  const Address address = Address::from_bytes(std::span(bytes).first(start.size())).value();
  return n == 0 && contains(address) ? std::optional(address) : std::nullopt;
}

std::string Cidr::to_string() const { return fmt::format("{}/{}", address_.to_string(), length_); }

Result<std::vector<Cidr>> parse_dual_stack(std::string_view text) {
  std::vector<Cidr> networks;
  for (const std::string_view part : split(text, ',')) {
    KF_TRY_ASSIGN(networks.emplace_back(), Cidr::parse(trim(part)));
  }
  if (networks.size() > 2 || (networks.size() == 2 && networks[0].family() == networks[1].family())) {
    return fail(ExitCode::usage, "\"{}\" must be one CIDR, or one of IPv4 and one of IPv6", printable(text));
  }
  return networks;
}

}  // namespace kubeferry::host
