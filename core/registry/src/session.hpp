// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <kubeferry/registry/client.hpp>

#include "auth.hpp"

namespace kubeferry::registry {

/// What one call is about.
struct Target {
  Authenticator& login;
  std::string path;  ///< "https://host:port/v2/NAME", to which "/manifests/…" is appended
  Scopes scopes;
  std::string what;  ///< the image or blob, for errors
};

enum class Access { pull, push };

/// Requests with logging in, below the verbs of Client.
class Session {
public:
  Session(ClientOptions options, std::unique_ptr<net::Client> http, std::shared_ptr<net::Clock> clock);

  /// `mount_from` adds the right to read another repository. usage error for names that are none.
  Result<Target> target(const Repository& repository, Access access, std::string what,
                        const std::string& mount_from = {});

  /// Sends `request` (its authorization is filled in); logs in or renews the token once after a 401.
  Result<net::Response> send(const Target& target, net::Request request);
  /// Like send(), for a body that goes to a sink.
  Status download(const Target& target, net::Request request, std::uint64_t size, std::uint64_t resume_from,
                  net::RestartableSink& sink);
  /// Like send(), to an address that the registry gave: checked against R7, Authorization at home only.
  Result<net::Response> send_to_location(const Target& target, const net::Url& location, net::Request request);

  /// The Location of an answer, made absolute and checked (R7).
  static Result<net::Url> location(const Target& target, const net::Response& response);

  [[nodiscard]] const std::stop_token& stop() const noexcept { return options_.stop; }

private:
  Result<Authenticator*> login(const std::string& registry);

  ClientOptions options_;
  std::unique_ptr<net::Client> http_;
  std::shared_ptr<net::Clock> clock_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Authenticator>> logins_;
};

}  // namespace kubeferry::registry
