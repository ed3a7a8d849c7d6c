// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <kubeferry/base/result.hpp>
#include <kubeferry/net/http.hpp>
#include <kubeferry/net/url.hpp>

namespace kubeferry::net {

/// Whom a connection to one endpoint believes, ready to be handed to libcurl.
struct Trust {
  std::string system_bundle;  ///< path of the system's certificates; empty when there are none
  std::string certificates;   ///< PEM of the system's and the endpoint's own; empty: the system's alone
  std::string client_certificate;
  std::string client_key;
  bool plain_http = false;
};

/// Trust of every endpoint, read once.
class TrustTable {
public:
  /// tls error when a file cannot be read or holds no certificate.
  static Result<TrustTable> load(const ClientOptions& options);
  [[nodiscard]] const Trust& of(const Url& url) const;

private:
  Trust otherwise_;
  std::map<std::string, Trust, std::less<>> endpoints_;
};

}  // namespace kubeferry::net
