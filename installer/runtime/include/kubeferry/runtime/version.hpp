// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace kubeferry::runtime {

/// The numbers of a program's version; what a distribution adds ("~ds1", "+deb12u3", "-rc.0") does not count.
struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;

  [[nodiscard]] auto operator<=>(const Version&) const = default;
  [[nodiscard]] std::string to_string() const;  ///< "1.6.20"
};

/// The first thing in `text` that looks like MAJOR.MINOR[.PATCH], with or without a "v" before it: what programs print
/// for --version. Nothing when there is none.
[[nodiscard]] std::optional<Version> find_version(std::string_view text);

}  // namespace kubeferry::runtime
