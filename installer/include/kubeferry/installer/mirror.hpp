// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/progress.hpp>
#include <kubeferry/bundle/bundle.hpp>
#include <kubeferry/installer/path_mapping.hpp>
#include <kubeferry/net/http.hpp>
#include <kubeferry/oci/platform.hpp>
#include <kubeferry/registry/client.hpp>
#include <kubeferry/registry/endpoint.hpp>

namespace kubeferry::installer {

/// What becomes of an index that names platforms which are not mirrored.
enum class IndexMode {
  keep,       ///< pushed as it is; an error when the registry refuses it
  filter,     ///< pushed without them, under another digest
  automatic,  ///< kept, unless the registry refuses it: then filtered
};
/// "keep", "filter", "auto"; usage error otherwise.
Result<IndexMode> parse_index_mode(std::string_view text);

enum class DryRun { no, yes };

/// Whether the bundles themselves are put there too, as artifacts from which nodes can join.
enum class Bundles { no, too };

struct MirrorOptions {
  MirrorTarget target;
  registry::Endpoint endpoint;  ///< CA, plain http, client certificate, credentials of the target
  std::shared_ptr<registry::CredentialSource> credentials;  ///< Docker's config.json and the like; may be null
  net::ClientOptions http;
  std::vector<oci::Platform> platforms;  ///< empty: all that the bundle holds
  IndexMode index = IndexMode::automatic;
  PathRules paths;
  Bundles bundles = Bundles::no;
  DryRun dry_run = DryRun::no;  ///< yes: nothing but HEAD requests is sent
  std::size_t jobs = 8;         ///< transfers at once
  std::stop_token stop;
  Progress* progress = nullptr;                   ///< gets its total and finished bytes; may be null
  std::function<void(std::string_view)> detail;   ///< one line for each thing that is done; may be empty
  std::function<void(std::string_view)> warning;  ///< may be empty
};

enum class MirrorStatus {
  copied,     ///< (or, in a dry run: would be)
  present,    ///< was there already
  rewritten,  ///< an index without the platforms that are not mirrored; its digest is another
};
[[nodiscard]] std::string_view to_string(MirrorStatus status) noexcept;

/// One name in the target.
struct MirrorRow {
  std::string source;        ///< as in the bundle: "registry.k8s.io/pause:3.10"
  std::string target;        ///< "harbor.corp/k8s/pause:3.10", or …@digest
  std::string repository;    ///< "k8s/pause"
  bool second_name = false;  ///< CoreDNS's other spelling
  Kind kind = Kind::image;
  crypto::Digest source_digest;
  crypto::Digest target_digest;
  MirrorStatus status = MirrorStatus::copied;
};

/// Something that the target does not have, or has wrong.
struct MissingItem {
  std::string name;    ///< "harbor.corp/k8s/pause@sha256:…"
  std::string reason;  ///< "is not there", "has 17 bytes instead of 42"
};

struct MirrorResult {
  std::vector<MirrorRow> rows;       ///< in the bundle's order; what could not be published is not among them
  std::vector<MissingItem> missing;  ///< after a run: what went wrong; after a dry run: what would be sent
  std::vector<std::string> skipped;  ///< references left out because they have none of the wanted platforms
  std::string kubernetes;            ///< the bundle's Kubernetes version, or empty
  std::uint64_t blobs_pushed = 0;
  std::uint64_t blobs_mounted = 0;
  std::uint64_t blobs_present = 0;
  std::uint64_t manifests_pushed = 0;
  std::uint64_t manifests_present = 0;
  std::uint64_t bytes_pushed = 0;
  std::uint64_t bytes_mounted = 0;
  std::uint64_t bytes_present = 0;
  ExitCode worst = ExitCode::ok;  ///< class of the worst entry of `missing` after a run; ok after a dry run
  bool refuses_sparse = false;    ///< the registry refused an index with absent platforms (IndexMode::automatic)

  /// ok, or an error that counts what is missing and names the first: integrity when the target holds other bytes than
  /// it was sent, network otherwise.
  [[nodiscard]] Status verdict() const;
};

/// Copies what is in `bundles` (later ones fill the gaps of earlier ones, as with deltas) into a registry, then checks
/// all of it there. A second run sends HEAD requests only.
///
/// What fails for one blob is recorded in MirrorResult::missing and the rest goes on; call verdict() after having
/// written the result's files. Errors, which end the run at once: usage (colliding names, no such platform), integrity
/// (the bundle is damaged), auth, tls, interrupted; network when the target is lost altogether, or refuses a sparse
/// index with IndexMode::keep.
Result<MirrorResult> mirror(const std::vector<std::shared_ptr<const bundle::Bundle>>& bundles,
                            const MirrorOptions& options);

/// The same by a client that is there already; `options` needs no endpoint, credentials or http.
Result<MirrorResult> mirror_with(registry::Client& client,
                                 const std::vector<std::shared_ptr<const bundle::Bundle>>& bundles,
                                 const MirrorOptions& options);

}  // namespace kubeferry::installer
