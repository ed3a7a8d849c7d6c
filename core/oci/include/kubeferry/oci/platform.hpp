// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include <kubeferry/base/result.hpp>

namespace kubeferry::oci {

/// What an image runs on (OCI image index, `platform`). Kept as it was written; see normalised() for comparing.
struct Platform {
  std::string os;            ///< "linux"
  std::string architecture;  ///< Go's name: "amd64", "arm", "arm64", "ppc64le", "s390x"
  std::string variant;       ///< "v7"; mostly empty
  std::string os_version;    ///< Windows only

  /// "linux/arm/v7" or "linux/amd64": two or three lower-case words. usage error otherwise.
  static Result<Platform> parse(std::string_view text);

  [[nodiscard]] std::string to_string() const;  ///< parse()'s inverse; the version is not shown
  [[nodiscard]] auto operator<=>(const Platform&) const = default;
};

/// One spelling for each platform: arm without variant is v7, arm64's v8 and amd64's v1 are left out.
[[nodiscard]] Platform normalised(Platform platform);

/// How well `offered` runs where `wanted` is asked for: 0 is exact, more is worse, nothing is never.
///
/// arm (v7 unless said): v7, then no variant (it means v7, and is less exact), v6, v5. arm64: with or without v8.
/// amd64: none, v1, up to the level asked for, nearest first. Windows, unknown and other systems never match linux.
[[nodiscard]] std::optional<unsigned> match_rank(const Platform& wanted, const Platform& offered);

}  // namespace kubeferry::oci
