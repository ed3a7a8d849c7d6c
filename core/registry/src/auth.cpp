// SPDX-License-Identifier: Apache-2.0
#include "auth.hpp"

#include <algorithm>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/net/header_values.hpp>

namespace kubeferry::registry {
namespace {

constexpr std::uint64_t k_token_answer = std::uint64_t{1} << 20;
constexpr std::size_t k_longest_token = std::size_t{64} << 10;
constexpr std::chrono::seconds k_default_lifetime{60};  // of the token specification
constexpr std::chrono::seconds k_longest_lifetime{24 * 3600};

// RFC 6750's b68token, with what some servers add; above all nothing that could end a header line.
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

std::string basic(const Credentials& credentials) {
  return "Basic " + to_base64(as_byte_view(fmt::format("{}:{}", credentials.username, credentials.password)));
}

std::string joined(const Scopes& scopes) { return fmt::format("{}", fmt::join(scopes, " ")); }

}  // namespace

Result<TokenAnswer> parse_token_answer(std::string_view body, std::string_view where) {
  const auto unusable = [&](std::string_view why) { return fail(ExitCode::auth, "token of {}: {}", where, why); };
  const auto json = parse_json(body, where, {.bytes = k_token_answer}, Floats::become_null);
  if (!json) {
    return unusable("the answer is no JSON");
  }
  for (const std::string_view name : {"token", "access_token"}) {
    const auto* member = json->find(name);
    const auto* token = member != nullptr ? member->as_string() : nullptr;
    if (token == nullptr || token->empty()) {
      continue;
    }
    if (token->size() > k_longest_token) {
      return unusable("longer than 64 KiB");
    }
    if (!is_token(*token)) {
      return unusable("holds characters that a token cannot have");
    }
    const auto* lifetime = json->find("expires_in");
    const auto* seconds = lifetime != nullptr ? lifetime->as_integer() : nullptr;
    const std::chrono::seconds lives(seconds != nullptr ? *seconds : k_default_lifetime.count());
    return TokenAnswer{*token, std::clamp(lives, std::chrono::seconds(0), k_longest_lifetime)};
  }
  return unusable("the answer holds none");
}

Authenticator::Authenticator(std::string registry, Endpoint endpoint, std::shared_ptr<CredentialSource> source,
                             net::Client& http, std::shared_ptr<net::Clock> clock, std::stop_token stop)
    : registry_(std::move(registry)),
      endpoint_(std::move(endpoint)),
      source_(std::move(source)),
      http_(http),
      clock_(std::move(clock)),
      stop_(std::move(stop)) {}

Result<std::string> Authenticator::authorization(const Scopes& scopes) {
  const std::scoped_lock lock(mutex_);
  switch (scheme_) {
    case Scheme::unknown: return std::string();
    case Scheme::basic:
    case Scheme::bearer: break;
  }
  return fresh(scopes);
}

Result<std::string> Authenticator::renew(const net::Response& refusal, const Scopes& scopes, const std::string& used) {
  const std::scoped_lock lock(mutex_);
  if (const auto held = tokens_.find(scopes); held != tokens_.end()) {
    if (used != "Bearer " + held->second.value) {
      return "Bearer " + held->second.value;  // another thread was quicker
    }
    tokens_.erase(held);
  }
  KF_TRY(learn(refusal));
  KF_TRY_ASSIGN(std::string value, fresh(scopes));
  if (value == used) {
    return Failure(Error{ExitCode::auth,
                         fmt::format("{}: refuses these credentials", registry_),
                         "log in again (docker login), or check user name and password",
                         {}});
  }
  return value;
}

Status Authenticator::learn(const net::Response& refusal) {
  for (const auto value : refusal.headers.all("WWW-Authenticate")) {
    for (const auto& challenge : net::parse_challenges(value)) {
      if (challenge.scheme == "bearer") {
        const auto realm = challenge.find("realm");
        if (!realm) {
          continue;
        }
        auto url = net::parse_url(*realm, ExitCode::auth);
        if (!url) {
          return Failure(std::move(url).error().prefixed(fmt::format("{}: token realm", registry_)));
        }
        KF_TRY(check_realm(*url));
        realm_ = std::move(*url);
        service_ = std::string(challenge.find("service").value_or(""));
        scheme_ = Scheme::bearer;
        return {};
      }
      if (challenge.scheme == "basic") {
        scheme_ = Scheme::basic;
        return {};
      }
    }
  }
  return Failure(Error{ExitCode::auth,
                       fmt::format("{}: wants a login, but does not say which", registry_),
                       "there is no Bearer or Basic challenge in its answer; is this a registry?",
                       {}});
}

// Our password goes to the realm: only to the registry's own host, or one that the operator or we know to be its own.
Status Authenticator::check_realm(const net::Url& realm) const {
  KF_TRY_ASSIGN(const net::Url base, net::parse_url(endpoint_.base_url));
  const auto refuse = [&](std::string_view why, std::string_view hint) {
    return Failure(Error{
        ExitCode::auth, fmt::format("{}: token realm {} {}", registry_, realm.origin(), why), std::string(hint), {}});
  };
  const bool trusted = std::ranges::any_of(endpoint_.trusted_hosts, [&](const std::string& host) {
    return host == realm.host || host == realm.authority();
  });
  if (realm.host != base.host && !trusted) {
    return refuse("is another host", "nothing was sent there; if it belongs to this registry, list it as trusted host");
  }
  if (!realm.is_https() && !(endpoint_.plain_http && !base.is_https())) {
    return refuse("is plain http", "nothing was sent there; the registry must name an https realm");
  }
  return {};
}

Result<std::string> Authenticator::fresh(const Scopes& scopes) {
  if (scheme_ == Scheme::basic) {
    KF_TRY_ASSIGN(const auto known, credentials());
    if (!known) {
      return Failure(Error{ExitCode::auth,
                           fmt::format("{}: wants a user name and password", registry_),
                           "log in with docker login, or give a user name and password file",
                           {}});
    }
    return basic(*known);
  }
  const auto held = tokens_.find(scopes);
  if (held != tokens_.end() && clock_->now() < held->second.expires) {
    return "Bearer " + held->second.value;
  }
  KF_TRY_ASSIGN(Token token, fetch_token(scopes));
  std::string value = "Bearer " + token.value;
  tokens_.insert_or_assign(scopes, std::move(token));
  return value;
}

Result<Authenticator::Token> Authenticator::fetch_token(const Scopes& scopes) {
  KF_TRY_ASSIGN(const auto known, credentials());
  net::Request request;
  request.stop = stop_;
  request.body_limit = k_token_answer;
  if (known && !known->identity_token.empty()) {
    request.method = net::Method::post;
    request.retry = net::Retry::always;
    request.url = realm_.text();
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.content = fmt::format("grant_type=refresh_token&service={}&client_id=kubeferry&scope={}&refresh_token={}",
                                  net::encode_query_value(service_), net::encode_query_value(joined(scopes)),
                                  net::encode_query_value(known->identity_token));
  } else {
    net::Url url = realm_;
    const auto append = [&](std::string_view name, std::string_view value) {
      url.query += fmt::format("{}{}={}", url.query.empty() ? "" : "&", name, net::encode_query_value(value));
      url.has_query = true;
    };
    if (!service_.empty()) {
      append("service", service_);
    }
    for (const auto& scope : scopes) {
      append("scope", scope);
    }
    request.url = url.text();
    if (known) {
      request.authorization = basic(*known);
    }
  }
  auto answer = http_.send(request);
  if (!answer) {
    Error error = std::move(answer).error();
    if (error.code == ExitCode::limit) {
      error.code = ExitCode::auth;
    }
    return Failure(std::move(error).prefixed(fmt::format("{}: fetching a token", registry_)));
  }
  if (auto status = net::expect_success(*answer, fmt::format("{}: token", registry_)); !status) {
    Error error = std::move(status).error();
    // A token server's 4xx is about who we are, whatever its number.
    if (answer->status < 500 && answer->status != 429) {
      error.code = ExitCode::auth;
    }
    return Failure(std::move(error));
  }
  KF_TRY_ASSIGN(TokenAnswer token, parse_token_answer(as_text(answer->body), realm_.origin()));
  // Renewed a little early: a transfer that starts now must still be let in.
  return Token{std::move(token.token),
               clock_->now() + std::max(token.lifetime - token.lifetime / 6, std::chrono::seconds(1))};
}

Result<std::optional<Credentials>> Authenticator::credentials() {
  if (endpoint_.credentials) {
    return endpoint_.credentials;
  }
  if (!asked_source_ && source_) {
    KF_TRY_ASSIGN(found_, source_->find(registry_));
    asked_source_ = true;
  }
  return found_;
}

}  // namespace kubeferry::registry
