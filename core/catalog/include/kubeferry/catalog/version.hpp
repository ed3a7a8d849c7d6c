// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <kubeferry/base/result.hpp>

namespace kubeferry::catalog {

/// A Kubernetes release. Only major version 1 exists.
struct KubernetesVersion {
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;
  std::string prerelease;  ///< "rc.0"; empty for a release

  /// "v1.34.2", "1.34.2", "v1.37.0-rc.0". usage error otherwise: never let anything else near a command line.
  static Result<KubernetesVersion> parse(std::string_view text);

  [[nodiscard]] std::string to_string() const;  ///< "v1.34.2"
  [[nodiscard]] bool operator==(const KubernetesVersion&) const = default;
};

/// Compares the numbers of two versions of any component ("v1.28.0", "1.7.28", "3.5.24-0"), part by part, without
/// regard to a leading "v" and to what follows the first character that is neither digit nor dot. < 0, 0, > 0.
[[nodiscard]] int compare_numbers(std::string_view a, std::string_view b);

}  // namespace kubeferry::catalog
