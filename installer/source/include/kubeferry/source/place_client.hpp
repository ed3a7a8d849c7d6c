// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include <kubeferry/installer/client_configuration.hpp>
#include <kubeferry/net/http.hpp>
#include <kubeferry/registry/client.hpp>
#include <kubeferry/registry/credentials.hpp>

namespace kubeferry::source {

/// How a node gets at a registry of its site.
struct PlaceAccess {
  std::string ca_pem;  ///< believed instead of the system's authorities; empty: those
  std::shared_ptr<registry::CredentialSource> credentials;  ///< may be null
  net::ClientOptions http{.proxy = net::Proxy::none};       ///< nodes do not talk to their site through a proxy
  std::stop_token stop;
};

/// A client of that registry alone. tls error when the CA is none; io.
Result<std::unique_ptr<registry::Client>> client_of(const installer::RegistryPlace& place, const PlaceAccess& access);

}  // namespace kubeferry::source
