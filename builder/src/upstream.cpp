// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/builder/upstream.hpp>

#include <cstdlib>

#include <kubeferry/base/version.hpp>
#include <kubeferry/net/header_values.hpp>
#include <kubeferry/net/url.hpp>

namespace kubeferry::builder {

namespace {

std::optional<std::string> environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Result<registry::Endpoint> endpoint_of(const catalog::Upstream& upstream) {
  registry::Endpoint endpoint;
  endpoint.base_url = upstream.endpoint;
  endpoint.path_prefix = upstream.path_prefix;
  endpoint.ca = upstream.ca;
  endpoint.plain_http = upstream.plain_http;
  if (!upstream.username.empty()) {
    KF_TRY_ASSIGN(endpoint.credentials, registry::credentials_from_file(upstream.username, upstream.password_file));
  }
  return endpoint;
}

}  // namespace

Result<std::unique_ptr<Upstream>> Upstream::make(const catalog::Spec& spec, const std::stop_token& stop,
                                                 const std::vector<std::string>& plain) {
  std::unique_ptr<Upstream> made(new Upstream);
  made->stop_ = stop;
  made->upstreams_ = spec.upstreams;
  registry::ClientOptions options;
  options.stop = stop;
  options.credentials = std::make_shared<registry::CredentialFiles>(registry::usual_credential_files(environment));
  options.http.user_agent = fmt::format("kubeferry/{}", k_version);
  // Each job waits for one answer at a time, so HTTP/2 would only mean a second connection for each (docs/adr/0006).
  options.http.version = net::HttpVersion::http1;
  net::ClientOptions http = options.http;
  for (const auto& [host, upstream] : spec.upstreams) {
    KF_TRY_ASSIGN(registry::Endpoint endpoint, endpoint_of(upstream));
    if (endpoint.credentials) {
      made->authorizations_[host] =
          "Basic " + to_base64(as_byte_view(endpoint.credentials->username + ":" + endpoint.credentials->password));
    }
    KF_TRY_ASSIGN(const net::Url url,
                  net::parse_url(upstream.endpoint.empty() ? "https://" + host : upstream.endpoint));
    http.endpoints[url.authority()] = {.ca = upstream.ca, .plain_http = upstream.plain_http};
    options.upstreams.emplace(host, std::move(endpoint));
  }
  for (const std::string& text : plain) {
    KF_TRY_ASSIGN(const net::Url url, net::parse_url(text));
    if (!url.is_https()) {
      http.endpoints[url.authority()].plain_http = true;
    }
  }
  KF_TRY_ASSIGN(made->registries_, registry::Client::make(std::move(options)));
  KF_TRY_ASSIGN(made->http_, net::Client::make(std::move(http)));
  return made;
}

Result<net::Request> Upstream::request(const std::string& url) const {
  KF_TRY_ASSIGN(const net::Url parsed, net::parse_url(url));
  net::Request request;
  request.url = url;
  request.stop = stop_;
  // A mirror is named by host, or by host and port when both matter.
  auto found = upstreams_.find(parsed.authority());
  if (found == upstreams_.end()) {
    found = upstreams_.find(parsed.host);
  }
  if (found != upstreams_.end()) {
    const catalog::Upstream& upstream = found->second;
    if (!upstream.endpoint.empty()) {
      request.url =
          upstream.endpoint + (upstream.path_prefix.empty() ? "" : "/" + upstream.path_prefix) + parsed.target();
    }
    if (const auto authorization = authorizations_.find(found->first); authorization != authorizations_.end()) {
      request.authorization = authorization->second;
    }
  }
  return request;
}

Result<std::optional<std::uint64_t>> Upstream::size(const std::string& url) {
  KF_TRY_ASSIGN(net::Request head, request(url));
  head.method = net::Method::head;
  KF_TRY_ASSIGN(const net::Response response, http_->send(head));
  KF_TRY(net::expect_success(response, url));
  const auto length = response.headers.find("content-length");
  return length ? net::parse_decimal(*length) : std::nullopt;
}

Result<Bytes> Upstream::read(const std::string& url, std::uint64_t limit) {
  KF_TRY_ASSIGN(net::Request get, request(url));
  get.body_limit = limit;
  KF_TRY_ASSIGN(net::Response response, http_->send(get));
  KF_TRY(net::expect_success(response, url));
  return std::move(response.body);
}

Status Upstream::download(const std::string& url, std::optional<std::uint64_t> size, std::uint64_t limit,
                          net::RestartableSink& sink, std::uint64_t resume_from) {
  KF_TRY_ASSIGN(net::Request get, request(url));
  get.version = net::HttpVersion::http1;
  if (size) {
    KF_TRY_ASSIGN(const net::Download result, http_->download(get, *size, resume_from, sink));
    return net::expect_success(result.response, url);
  }
  get.body_limit = limit;
  KF_TRY_ASSIGN(const net::Response response, http_->fetch(get, sink));
  return net::expect_success(response, url);
}

}  // namespace kubeferry::builder
