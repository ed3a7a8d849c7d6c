// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include <kubeferry/base/result.hpp>
#include <kubeferry/net/http.hpp>
#include <kubeferry/net/url.hpp>

#include "authorities.hpp"

namespace kubeferry::net {

/// Whom a connection to one endpoint believes, ready to be handed to libcurl.
struct Trust {
  std::shared_ptr<const Authorities> authorities;  ///< the endpoint's own, or the system's
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
