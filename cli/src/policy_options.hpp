// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/bundle/policy.hpp>

#include "command.hpp"

namespace kubeferry::cli {

/// What every command that uses a bundle asks of it, beyond being genuine: audience, age, expiry. Commands that only
/// look (inspect, diff) do not have it.
struct PolicyOptions {
  std::string audience;
  std::string stream;
  std::uint64_t minimum_sequence = 0;
  std::string state;
  std::vector<std::string> allow_rollback;
  std::vector<std::string> allow_expired;

  void add_to(CLI::App& command);
  /// Whether the user gave one of them.
  [[nodiscard]] bool asks_anything() const noexcept;

  /// Refuses bundles that the site does not want: policy errors, usage error for an option that makes no sense, io
  /// error for a state that cannot be read. The result is to be given to remember().
  Result<bundle::TrustState> check(std::span<const std::shared_ptr<const bundle::Bundle>> bundles) const;

  /// Writes down that the bundles were accepted, if the user wants that. To be called when what the command does with
  /// them has succeeded; for a server, before it starts.
  Status remember(bundle::TrustState state, std::span<const std::shared_ptr<const bundle::Bundle>> bundles) const;
};

}  // namespace kubeferry::cli
