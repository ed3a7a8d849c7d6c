// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include <algorithm>

#include <kubeferry/base/text.hpp>

namespace kubeferry::registry {
namespace {

std::string with_prefix(const Endpoint& endpoint, const std::string& name) {
  return endpoint.path_prefix.empty() ? name : fmt::format("{}/{}", endpoint.path_prefix, name);
}

}  // namespace

Result<std::unique_ptr<Client>> Client::make(ClientOptions options, std::shared_ptr<net::Clock> clock) {
  for (const auto& [registry, given] : options.upstreams) {
    KF_TRY_ASSIGN(const Endpoint endpoint, endpoint_of(options.upstreams, registry));
    KF_TRY_ASSIGN(const net::Url url, net::parse_url(endpoint.base_url));
    options.http.endpoints.insert_or_assign(
        url.authority(),
        net::EndpointOptions{endpoint.ca, endpoint.client_certificate, endpoint.client_key, endpoint.plain_http});
  }
  if (!clock) {
    clock = std::make_shared<net::SystemClock>();
  }
  KF_TRY_ASSIGN(auto http, net::Client::make(options.http, clock));
  return std::unique_ptr<Client>(
      new Client(std::make_unique<Session>(std::move(options), std::move(http), std::move(clock))));
}

Client::Client(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Client::~Client() = default;

Session::Session(ClientOptions options, std::unique_ptr<net::Client> http, std::shared_ptr<net::Clock> clock)
    : options_(std::move(options)), http_(std::move(http)), clock_(std::move(clock)) {}

Result<Authenticator*> Session::login(const std::string& registry) {
  const std::scoped_lock lock(mutex_);
  auto& login = logins_[registry];
  if (!login) {
    KF_TRY_ASSIGN(Endpoint endpoint, endpoint_of(options_.upstreams, registry));
    login = std::make_unique<Authenticator>(registry, std::move(endpoint), options_.credentials, *http_, clock_,
                                            options_.stop);
  }
  return login.get();
}

Result<Target> Session::target(const Repository& repository, Access access, std::string what,
                               const std::string& mount_from) {
  if (!oci::is_registry(repository.registry) || !oci::is_repository(repository.name) ||
      (!mount_from.empty() && !oci::is_repository(mount_from))) {
    return fail(ExitCode::usage, "'{}' is no repository", printable(repository.to_string()));
  }
  KF_TRY_ASSIGN(Authenticator* const authenticator, login(repository.registry));
  const Endpoint& endpoint = authenticator->endpoint();
  const std::string name = with_prefix(endpoint, repository.name);
  Scopes scopes = {fmt::format("repository:{}:{}", name, access == Access::pull ? "pull" : "pull,push")};
  if (!mount_from.empty()) {
    scopes.push_back(fmt::format("repository:{}:pull", with_prefix(endpoint, mount_from)));
  }
  return Target{*authenticator, fmt::format("{}/v2/{}", endpoint.base_url, name), std::move(scopes), std::move(what)};
}

Result<net::Response> Session::send(const Target& target, net::Request request) {
  request.stop = options_.stop;
  const auto named = [&](Error error) { return Failure(std::move(error).prefixed(target.what)); };
  auto authorization = target.login.authorization(target.scopes);
  if (!authorization) {
    return named(std::move(authorization).error());
  }
  request.authorization = std::move(*authorization);
  auto response = http_->send(request);
  if (response && response->status == 401) {
    authorization = target.login.renew(*response, target.scopes, request.authorization);
    if (!authorization) {
      return named(std::move(authorization).error());
    }
    request.authorization = std::move(*authorization);
    response = http_->send(request);
  }
  if (!response) {
    return named(std::move(response).error());
  }
  return response;
}

Status Session::download(const Target& target, net::Request request, std::uint64_t size, std::uint64_t resume_from,
                         net::RestartableSink& sink) {
  request.stop = options_.stop;
  const auto named = [&](Error error) { return Failure(std::move(error).prefixed(target.what)); };
  auto authorization = target.login.authorization(target.scopes);
  // Tokens live for minutes, large blobs take hours: each stretch that brought something may end with a new token.
  for (bool renewed = false;;) {
    if (!authorization) {
      return named(std::move(authorization).error());
    }
    request.authorization = std::move(*authorization);
    auto result = http_->download(request, size, resume_from, sink);
    if (!result) {
      return named(std::move(result).error());
    }
    renewed = renewed && result->received <= resume_from;
    resume_from = result->received;
    if (result->response.status != 401 || renewed) {
      return net::expect_success(result->response, target.what);
    }
    renewed = true;
    authorization = target.login.renew(result->response, target.scopes, request.authorization);
  }
}

Result<net::Url> Session::location(const Target& target, const net::Response& response) {
  KF_TRY_ASSIGN(const net::Url asked, net::parse_url(response.url, ExitCode::network));
  auto joined = net::join_url(asked, response.headers.find("Location").value_or(""));
  if (!joined) {
    return Failure(std::move(joined).error().prefixed(fmt::format("{}: upload location", target.what)));
  }
  const Endpoint& endpoint = target.login.endpoint();
  const bool trusted = std::ranges::any_of(endpoint.trusted_hosts, [&](const std::string& host) {
    return host == joined->host || host == joined->authority();
  });
  if (joined->origin() != endpoint.base_url && (!trusted || !joined->is_https())) {
    return Failure(Error{
        ExitCode::network,
        fmt::format("{}: the registry wants the upload sent to {}, which is not itself", target.what, joined->origin()),
        "a proxy before it may hide its scheme or name from it (X-Forwarded-Proto, Host); or list that host as trusted",
        {}});
  }
  return joined;
}

Result<net::Response> Session::send_to_location(const Target& target, const net::Url& location, net::Request request) {
  request.url = location.text();
  if (location.origin() == target.login.endpoint().base_url) {
    return send(target, std::move(request));
  }
  request.stop = options_.stop;
  auto response = http_->send(request);
  if (!response) {
    return Failure(std::move(response).error().prefixed(target.what));
  }
  return response;
}

}  // namespace kubeferry::registry
