// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/digest.hpp>
#include <kubeferry/oci/platform.hpp>

namespace kubeferry {
class Json;
class JsonView;
}  // namespace kubeferry

namespace kubeferry::oci {

/// In the order they were written.
using Annotations = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::uint64_t k_max_blob_bytes = std::uint64_t{1} << 40;  ///< 1 TiB
inline constexpr std::uint64_t k_max_annotation_bytes = 256 * 1024;        ///< one value
inline constexpr std::uint64_t k_max_embedded_bytes = 256 * 1024;          ///< the member `data`, as base64

/// A pointer to content: type, digest, size (OCI image specification, descriptor.md).
struct Descriptor {
  std::string media_type;
  crypto::Digest digest;
  std::uint64_t size = 0;
  std::optional<Platform> platform;
  Annotations annotations;
  std::string artifact_type;  ///< empty when absent
  bool has_urls = false;      ///< says it can be had elsewhere; kubeferry never goes there

  /// format error with its place for a missing or mistyped member, a bad digest, or a known member in other case;
  /// limit error past the caps above. Unknown members are passed over, as the specification asks.
  static Result<Descriptor> parse(const JsonView& json);

  /// Members in the specification's order; urls are not written.
  [[nodiscard]] Json to_json() const;

  /// The value of an annotation; empty when it is not there.
  [[nodiscard]] std::string_view annotation(std::string_view key) const noexcept;

  [[nodiscard]] bool operator==(const Descriptor&) const = default;
};

}  // namespace kubeferry::oci
