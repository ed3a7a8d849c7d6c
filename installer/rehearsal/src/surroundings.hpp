// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/rehearsal/rehearse.hpp>

#include "plan.hpp"

namespace kubeferry::rehearsal {

/// An address of the machine: a line of `ip -o address show`.
struct OwnAddress {
  std::string interface;
  std::string address;  ///< "10.0.0.5/24"
};
/// Lines that are none are passed over.
[[nodiscard]] std::vector<OwnAddress> parse_addresses(std::string_view text);

/// Fills in how the rehearsal's network looks: the interface that has the advertised address, with its name; all other
/// addresses of the machine on it as well, each by itself; and the common endpoint, by its name or as one more address,
/// so that this node answers for it.
void place_in_network(const Wants& wants, const std::vector<OwnAddress>& addresses, Plan& plan);

}  // namespace kubeferry::rehearsal
