// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/registry/credentials.hpp>

namespace kubeferry::registry {

/// How one registry is really reached.
struct Endpoint {
  std::string base_url;      ///< "https://127.0.0.1:5001", without a path; empty: the registry's own name
  std::string path_prefix;   ///< put before every repository: "mirrors/k8s"; empty for none
  std::filesystem::path ca;  ///< PEM, in addition to the system's
  std::filesystem::path client_certificate;
  std::filesystem::path client_key;
  bool plain_http = false;
  std::optional<Credentials> credentials;  ///< go before those of the credential source
  /// Other hosts ("host" or "host:port") that may be named as token realm or upload location (SECURITY R5, R7).
  std::vector<std::string> trusted_hosts;
};

/// Registry name as in references → endpoint. What is not listed is reached under its own name by https.
using Upstreams = std::map<std::string, Endpoint, std::less<>>;

/// The endpoint of `registry` with base_url and trusted_hosts filled in: docker.io is registry-1.docker.io with tokens
/// from auth.docker.io. usage error when base_url has a path, or is http without plain_http.
Result<Endpoint> endpoint_of(const Upstreams& upstreams, const std::string& registry);

}  // namespace kubeferry::registry
