// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/bundle/signed_front.hpp>
#include <kubeferry/crypto/keyset.hpp>
#include <kubeferry/installer/client_configuration.hpp>
#include <kubeferry/net/http.hpp>
#include <kubeferry/registry/credentials.hpp>
#include <kubeferry/source/join_pack.hpp>
#include <kubeferry/source/node_source.hpp>

namespace kubeferry::source {

struct RemoteOptions {
  /// Where the bundle can be had (docs/format.md §10), in the order to try: behind the prefix, as `kubeferry/bundle`.
  std::vector<installer::RegistryPlace> registries;
  std::string ca_pem;       ///< believed instead of the system's authorities; empty: those
  crypto::Digest manifest;  ///< which bundle: the digest of its signed manifest
  crypto::Keyset trust;     ///< who must have signed it
  std::shared_ptr<registry::CredentialSource> credentials;  ///< may be null
  /// Nodes of one cluster do not talk through a proxy. With several registries a request is tried twice at most before
  /// the next one is asked.
  net::ClientOptions http{.proxy = net::Proxy::none};
  std::size_t transfers = 4;  ///< chunks fetched at once
  std::stop_token stop;
  std::function<void(std::string_view)> warning;  ///< one line when another registry is taken; may be empty
};
/// Where and what the bundle of a join pack is, and who must have signed it; the rest is the caller's.
[[nodiscard]] RemoteOptions remote_options(const JoinPack& pack, crypto::Keyset trust);

/// A bundle at a registry. Nothing of the registry is believed: the front must be signed, and each chunk is what the
/// signed manifest says before a byte of it is used. Holds some 14 MiB of chunks in memory, or two if they are larger.
class RemoteBundle : public NodeSource {
public:
  [[nodiscard]] virtual const Bytes& front_bytes() const noexcept = 0;
  [[nodiscard]] virtual const crypto::Keyset& trust() const noexcept = 0;

  /// The verified bytes of a chunk, always fetched.
  virtual Result<Bytes> fetch_chunk(std::size_t index) const = 0;
};

/// Fetches and checks the front. Reads nothing else.
///
/// signature error when `trust` did not sign; integrity when the registry has another bundle, though a genuine one,
/// under that digest; network, tls, auth, format, limit, interrupted. When one registry fails, the next one is asked;
/// when all do, the message has each one's reason, and the code is that of the first reason that is not network. What
/// cannot be had is named, with the blob, as in "HOST/kubeferry/bundle@sha256:…". The same holds for later reads.
Result<std::shared_ptr<const RemoteBundle>> remote(RemoteOptions options);

}  // namespace kubeferry::source
