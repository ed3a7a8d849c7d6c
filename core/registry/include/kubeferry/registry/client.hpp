// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/stream.hpp>
#include <kubeferry/crypto/hasher.hpp>
#include <kubeferry/net/client.hpp>
#include <kubeferry/oci/descriptor.hpp>
#include <kubeferry/oci/manifest.hpp>
#include <kubeferry/oci/reference.hpp>
#include <kubeferry/registry/endpoint.hpp>

namespace kubeferry::registry {

class Session;

struct ClientOptions {
  Upstreams upstreams;
  std::shared_ptr<CredentialSource> credentials;  ///< null: anonymous, but for what the endpoints bring
  net::ClientOptions http;                        ///< trust of the upstreams is added to its endpoints
  std::stop_token stop;                           ///< ends every call with an interrupted error
};

/// A repository of a registry; the registry is a key of Upstreams or a host name.
struct Repository {
  std::string registry;
  std::string name;
  [[nodiscard]] std::string to_string() const { return registry + "/" + name; }
};
[[nodiscard]] inline Repository repository_of(const oci::Reference& reference) {
  return {reference.registry, reference.repository};
}

/// A blob of which the first bytes are there already.
struct Resume {
  std::uint64_t bytes = 0;
  crypto::Hasher hasher;  ///< has taken exactly those bytes, with the digest's algorithm
};

enum class MountResult { mounted, not_mounted };

/// The client's half of the OCI distribution protocol 1.1. Any number of threads may use one; connections and tokens
/// are shared. Common errors: network (not found, refused, unreachable), tls, auth, limit, interrupted; each names the
/// image.
class Client {
public:
  /// `clock` is only there for tests. usage error for a bad endpoint, tls error for an unreadable CA.
  static Result<std::unique_ptr<Client>> make(ClientOptions options, std::shared_ptr<net::Clock> clock = nullptr);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  /// What a tag (or digest) names now. By HEAD, which Docker Hub does not count; by GET when HEAD says too little.
  /// The digest is the registry's claim until manifest() was called with it.
  Result<oci::Descriptor> resolve(const oci::Reference& reference);

  /// A manifest or index by digest, else tag, else "latest". integrity error when the bytes are not what the digest or
  /// the registry's own Docker-Content-Digest says; format error when Content-Type and content contradict each other,
  /// or the document is ambiguous (M46).
  Result<oci::ManifestBytes> manifest(const oci::Reference& reference);

  /// Streams a blob to `sink`, resumed as often as it takes, with the digest checked as the last thing: on an integrity
  /// error the sink's content must be thrown away. With `resume`, the sink holds its first bytes.
  Status blob(const Repository& repository, const oci::Descriptor& blob, net::RestartableSink& sink,
              std::optional<Resume> resume = std::nullopt);

  /// blob() for a sink that proves the digest itself (hashing twice would halve a build's speed): only the length is
  /// checked here. The sink holds the first `from` bytes already.
  Status transfer_blob(const Repository& repository, const oci::Descriptor& blob, net::RestartableSink& sink,
                       std::uint64_t from);

  /// All tags, in the registry's order; at most 1,000 pages and 100,000 tags (limit error).
  Result<std::vector<std::string>> tags(const Repository& repository);

  /// What refers to `subject`, by the referrers API or else the tag scheme "sha256-HEX"; of `artifact_type` alone
  /// unless that is empty. Nothing there is no error.
  Result<std::vector<oci::Descriptor>> referrers(const Repository& repository, const crypto::Digest& subject,
                                                 const std::string& artifact_type = {});

  /// The size of a blob that is there; nothing when it is not.
  Result<std::optional<std::uint64_t>> blob_size(const Repository& repository, const crypto::Digest& digest);

  /// The digest under which a tag or digest is there; nothing when it is not (or the registry does not say).
  Result<std::optional<crypto::Digest>> manifest_digest(const Repository& repository, const std::string& tag_or_digest);

  /// Asks the registry to take a blob over from its repository `from` (a name under the same registry).
  Result<MountResult> mount_blob(const Repository& repository, const crypto::Digest& digest, const std::string& from);

  /// Uploads a blob in one PUT; in PATCHes of 16 MiB when the server refuses that size. `open` gives the content from
  /// its first byte, for each attempt anew. Does not ask whether it is there already (see blob_size), and takes 201 at
  /// its word: whoever pushes much checks it all at the end.
  Status push_blob(const Repository& repository, const oci::Descriptor& blob,
                   const std::function<Result<std::unique_ptr<Source>>()>& open);

  /// Puts a manifest under a tag or digest. integrity error when the registry stored it under another digest.
  Status push_manifest(const Repository& repository, const oci::ManifestBytes& manifest,
                       const std::string& tag_or_digest);

private:
  explicit Client(std::unique_ptr<Session> session);
  std::unique_ptr<Session> session_;
};

}  // namespace kubeferry::registry
