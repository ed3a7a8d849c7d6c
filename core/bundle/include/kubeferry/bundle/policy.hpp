// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/bundle/manifest.hpp>

// Whether a bundle that is genuine is also the one this site wants now: rollback, expiry, audience, clock.
namespace kubeferry::bundle {

/// What the site remembers of one stream of bundles.
struct StreamState {
  std::uint64_t sequence = 0;
  crypto::Digest manifest;
  [[nodiscard]] bool operator==(const StreamState&) const = default;
};

/// What a site remembers between bundles. One JSON file, owned by root, written atomically.
struct TrustState {
  std::map<std::string, StreamState> streams;
  TimePoint time_floor;  ///< the latest creation time accepted so far: it cannot be earlier than that now

  /// An empty state when the file does not exist. io error (with what to do) when it is a symbolic link, writable by
  /// others, damaged or of a later version: a state that cannot be read must not become "nothing was ever accepted".
  static Result<TrustState> load(const std::filesystem::path& path);
  /// Mode 0600.
  Status save(const std::filesystem::path& path) const;

  /// Remembers `manifest` as accepted.
  void accept(const Manifest& manifest, const crypto::Digest& digest);
};

/// What is asked of a bundle. Empty and zero mean: not asked.
struct Policy {
  TimePoint now;         ///< the machine's clock, sampled once a run
  std::string audience;  ///< who this site is
  std::string stream;    ///< which stream it follows
  std::uint64_t minimum_sequence = 0;
  std::vector<crypto::Digest> allow_rollback;  ///< manifests whose lower sequence is accepted
  std::vector<crypto::Digest> allow_expired;   ///< manifests whose expiry is overlooked
};

/// The clock may be this much behind the builder's before it is called wrong.
inline constexpr std::chrono::hours k_clock_tolerance{24};

/// policy error, each with its own text and a detail "reason" (rollback, equivocation, expired, clock, audience,
/// stream), or ok. Changes nothing.
Status check_policy(const Manifest& manifest, const crypto::Digest& digest, const Policy& policy,
                    const TrustState& state);

}  // namespace kubeferry::bundle
