// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <kubeferry/net/client.hpp>
#include <kubeferry/net/url.hpp>
#include <kubeferry/registry/credentials.hpp>
#include <kubeferry/registry/endpoint.hpp>

namespace kubeferry::registry {

/// "repository:NAME:pull", and maybe a second one for the source of a mount; computed by us, never taken from a
/// challenge.
using Scopes = std::vector<std::string>;

/// Logs in to one endpoint: learns the scheme from the first refusal, keeps tokens by scope. Thread-safe; one thread
/// fetches a token while the others wait for it.
class Authenticator {
public:
  Authenticator(std::string registry, Endpoint endpoint, std::shared_ptr<CredentialSource> source, net::Client& http,
                std::shared_ptr<net::Clock> clock, std::stop_token stop);

  [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

  /// The value of Authorization to start with; empty while nothing is known.
  Result<std::string> authorization(const Scopes& scopes);

  /// After a 401 to a request that was sent with `used`: another value to try, once. auth error when there is none:
  /// no usable challenge, refused credentials, a realm that is not to be trusted (R5, M56).
  Result<std::string> renew(const net::Response& refusal, const Scopes& scopes, const std::string& used);

private:
  enum class Scheme { unknown, basic, bearer };
  struct Token {
    std::string value;
    TimePoint expires;
  };

  Status learn(const net::Response& refusal);
  Status check_realm(const net::Url& realm) const;
  Result<std::string> fresh(const Scopes& scopes);
  Result<Token> fetch_token(const Scopes& scopes);
  Result<std::optional<Credentials>> credentials();

  std::string registry_;
  Endpoint endpoint_;
  std::shared_ptr<CredentialSource> source_;
  net::Client& http_;
  std::shared_ptr<net::Clock> clock_;
  std::stop_token stop_;

  std::mutex mutex_;  // guards what follows
  Scheme scheme_ = Scheme::unknown;
  net::Url realm_;
  std::string service_;
  std::map<Scopes, Token> tokens_;
  bool asked_source_ = false;
  std::optional<Credentials> found_;
};

/// The token in a token server's answer, and how long it lives. auth error when it is unusable: no JSON, no token,
/// longer than 64 KiB, or with bytes that would end a header line (M56).
struct TokenAnswer {
  std::string token;
  std::chrono::seconds lifetime;
};
Result<TokenAnswer> parse_token_answer(std::string_view body, std::string_view where);

}  // namespace kubeferry::registry
