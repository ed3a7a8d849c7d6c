// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/registry/endpoint.hpp>

#include <kubeferry/base/text.hpp>
#include <kubeferry/net/url.hpp>
#include <kubeferry/oci/reference.hpp>

namespace kubeferry::registry {
namespace {

// Registries whose tokens come from another host. Pairs, not one list: a realm is trusted by its own registry only.
void add_known_realms(const std::string& registry, Endpoint& endpoint) {
  if (registry == "docker.io") {
    endpoint.trusted_hosts.emplace_back("auth.docker.io");
  } else if (registry == "registry.gitlab.com") {
    endpoint.trusted_hosts.emplace_back("gitlab.com");
  } else if (registry == "nvcr.io") {
    endpoint.trusted_hosts.emplace_back("authn.nvidia.com");
  }
}

}  // namespace

Result<Endpoint> endpoint_of(const Upstreams& upstreams, const std::string& registry) {
  Endpoint endpoint;
  if (const auto found = upstreams.find(registry); found != upstreams.end()) {
    endpoint = found->second;
  }
  if (endpoint.base_url.empty()) {
    add_known_realms(registry, endpoint);
    endpoint.base_url = fmt::format("{}://{}", endpoint.plain_http ? "http" : "https",
                                    registry == "docker.io" ? "registry-1.docker.io" : registry);
  }
  KF_TRY_ASSIGN(const net::Url url, net::parse_url(endpoint.base_url));
  if (url.path != "/" || url.has_query) {
    return Failure(Error{
        ExitCode::usage,
        fmt::format("endpoint of {}: '{}' must end with the host or port", registry, net::redacted(endpoint.base_url)),
        "put what comes before the repository names into the path prefix",
        {}});
  }
  if (!url.is_https() && !endpoint.plain_http) {
    return Failure(Error{ExitCode::usage,
                         fmt::format("endpoint of {}: '{}' is plain http", registry, url.origin()),
                         "use https, or allow plain http for this registry",
                         {}});
  }
  if (!endpoint.path_prefix.empty() && !oci::is_repository(endpoint.path_prefix)) {
    return fail(ExitCode::usage, "endpoint of {}: '{}' is no prefix of repository names", registry,
                printable(endpoint.path_prefix));
  }
  endpoint.base_url = url.origin();
  return endpoint;
}

}  // namespace kubeferry::registry
