// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/catalog/spec.hpp>
#include <kubeferry/net/client.hpp>
#include <kubeferry/registry/client.hpp>

namespace kubeferry::builder {

/// The connected world as a spec's `upstreams` describe it: registries and download hosts. Thread-safe.
class Upstream {
public:
  /// `plain` are URLs whose hosts are reached without TLS when they say http: what comes from there must be proved by a
  /// signature. usage, tls and auth errors for an upstream whose CA, endpoint or password file cannot be used.
  static Result<std::unique_ptr<Upstream>> make(const catalog::Spec& spec, const std::stop_token& stop,
                                                const std::vector<std::string>& plain = {});

  [[nodiscard]] registry::Client& registries() noexcept { return *registries_; }

  /// Size in bytes that the host states for `url`; nothing when it states none. network errors name the URL.
  Result<std::optional<std::uint64_t>> size(const std::string& url);
  /// A small document; limit error past `limit` bytes.
  Result<Bytes> read(const std::string& url, std::uint64_t limit);
  /// Streams `url` to `sink`. When `size` is known, a broken transfer is resumed and another length is an integrity
  /// error; otherwise at most `limit` bytes are taken. `resume_from` bytes of a known size are in `sink` already.
  Status download(const std::string& url, std::optional<std::uint64_t> size, std::uint64_t limit,
                  net::RestartableSink& sink, std::uint64_t resume_from = 0);

private:
  Upstream() = default;
  Result<net::Request> request(const std::string& url) const;

  std::map<std::string, catalog::Upstream> upstreams_;
  std::map<std::string, std::string> authorizations_;
  std::unique_ptr<registry::Client> registries_;
  std::unique_ptr<net::Client> http_;
  std::stop_token stop_;
};

}  // namespace kubeferry::builder
