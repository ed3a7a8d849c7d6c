// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/rehearsal/manager.hpp>

namespace kubeferry::rehearsal {

/// What a command line of systemctl(1) asks.
struct Manager::Request {
  std::string verb;
  std::vector<std::string> units;       ///< full names
  std::vector<std::string> properties;  ///< of `show`
  bool quiet = false;
  bool only_values = false;

  static Request parse(std::span<const std::string> arguments);
};

}  // namespace kubeferry::rehearsal
