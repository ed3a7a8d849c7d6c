// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include <kubeferry/base/result.hpp>
#include <kubeferry/crypto/digest.hpp>

namespace kubeferry::oci {

/// The name of an image, as people write it (the grammar of distribution's `reference` package, Docker's defaults).
/// A regular value that is always full: registry and repository are there even when the writer left them out.
struct Reference {
  std::string registry;    ///< "registry.k8s.io", "localhost:5000", "[::1]:5000", "docker.io"
  std::string repository;  ///< "library/busybox"
  std::optional<std::string> tag;
  std::optional<crypto::Digest> digest;

  /// "pause:3.10" → docker.io/library/pause:3.10; "index.docker.io" becomes "docker.io". Nothing is added for a missing
  /// tag. usage error that says what is wrong: upper case, bad component, tag too long, bad digest, …
  static Result<Reference> parse(std::string_view text);

  [[nodiscard]] std::string name() const;       ///< "registry.k8s.io/pause"
  [[nodiscard]] std::string to_string() const;  ///< full: name, ":tag", "@digest" as far as they are there
  [[nodiscard]] std::string familiar() const;   ///< as short as Docker shows it: "busybox:1.36"
  /// What to ask a registry for: the digest, else the tag, else "latest".
  [[nodiscard]] std::string tag_or_digest() const;
  /// The same with tag "latest" when there is neither tag nor digest.
  [[nodiscard]] Reference with_default_tag() const;

  [[nodiscard]] auto operator<=>(const Reference&) const = default;
};

/// Grammar of the single parts, for those who get them from elsewhere (URL paths, catalogs).
[[nodiscard]] bool is_repository(std::string_view text) noexcept;  ///< "a/b-c/d__e", at most 255 bytes
[[nodiscard]] bool is_tag(std::string_view text) noexcept;         ///< [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}
[[nodiscard]] bool is_registry(std::string_view text) noexcept;    ///< host or address, with or without :port

}  // namespace kubeferry::oci
