// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <kubeferry/node/site_registry.hpp>
#include <kubeferry/registry/credentials.hpp>

#include "command.hpp"

namespace kubeferry::cli {

/// A variable of the environment; nothing when it is not set.
[[nodiscard]] std::optional<std::string> environment(std::string_view name);

/// The user's own logins at registries: Docker's and Podman's files.
[[nodiscard]] std::shared_ptr<registry::CredentialSource> user_credentials();

/// A registry of the site's own, that `kubeferry mirror` filled.
struct SiteOptions {
  std::string registry;
  std::string ca;
  bool plain_http = false;

  void add_to(CLI::App& command);
  /// Nothing without --registry. usage error for a name that is none, io of reading the CA.
  [[nodiscard]] Result<std::optional<node::SiteRegistry>> read(std::stop_token stop) const;
};

}  // namespace kubeferry::cli
