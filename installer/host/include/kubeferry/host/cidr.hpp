// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>

// IP addresses and networks of either family, as values. Nothing here resolves names or looks at the host.
namespace kubeferry::host {

enum class Family { ipv4, ipv6 };

/// One IPv4 or IPv6 address, without zone or port.
class Address {
public:
  Address() = default;  ///< 0.0.0.0

  /// "10.0.0.1", "fd00::1". usage error otherwise, and for leading zeros ("010.0.0.1"), zones ("fe80::1%eth0") and IPv4
  /// addresses inside IPv6 ("::ffff:10.0.0.1"), which programs read differently.
  static Result<Address> parse(std::string_view text);
  /// From 4 or 16 bytes in network order; any other count is a bug error.
  static Result<Address> from_bytes(std::span<const std::uint8_t> bytes);

  [[nodiscard]] Family family() const noexcept { return family_; }
  /// 4 or 16 bytes, in network order.
  [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept;
  [[nodiscard]] unsigned bits() const noexcept { return family_ == Family::ipv4 ? 32 : 128; }

  [[nodiscard]] bool is_unspecified() const noexcept;  ///< 0.0.0.0, ::
  [[nodiscard]] bool is_loopback() const noexcept;     ///< 127.0.0.0/8, ::1
  [[nodiscard]] bool is_link_local() const noexcept;   ///< 169.254.0.0/16, fe80::/10
  [[nodiscard]] bool is_multicast() const noexcept;    ///< 224.0.0.0/4, ff00::/8

  /// The one spelling of an address (RFC 5952).
  [[nodiscard]] std::string to_string() const;
  /// As in a URL: IPv6 in brackets.
  [[nodiscard]] std::string to_host() const;
  [[nodiscard]] auto operator<=>(const Address&) const = default;

private:
  Family family_ = Family::ipv4;
  std::array<std::uint8_t, 16> bytes_{};  ///< unused ones are zero, so that comparing needs no family
};

/// A network: an address whose bits behind the prefix are all zero.
class Cidr {
public:
  Cidr() = default;  ///< 0.0.0.0/0

  /// "10.244.0.0/16", "fd00::/64". usage error otherwise, and for bits behind the prefix ("10.244.0.1/16").
  static Result<Cidr> parse(std::string_view text);
  /// The network of `length` bits that `address` is in; a length past the address's bits counts as all of them.
  static Cidr of(const Address& address, unsigned length);

  [[nodiscard]] const Address& address() const noexcept { return address_; }
  [[nodiscard]] unsigned length() const noexcept { return length_; }
  [[nodiscard]] Family family() const noexcept { return address_.family(); }

  [[nodiscard]] bool contains(const Address& address) const noexcept;
  [[nodiscard]] bool contains(const Cidr& other) const noexcept;
  /// Whether they have an address in common; networks of two families never do.
  [[nodiscard]] bool overlaps(const Cidr& other) const noexcept;
  /// The network's address plus `n`; nothing when that is no longer in the network. 10 gives cluster DNS.
  [[nodiscard]] std::optional<Address> nth(std::uint64_t n) const;

  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] auto operator<=>(const Cidr&) const = default;

private:
  Address address_;
  unsigned length_ = 0;
};

/// What Kubernetes takes for pods or services: one network, or one of each family, comma-separated, in the order of
/// preference. usage error otherwise, and for an empty text.
Result<std::vector<Cidr>> parse_dual_stack(std::string_view text);

}  // namespace kubeferry::host
