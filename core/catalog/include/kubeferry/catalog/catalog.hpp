// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/catalog/apis.hpp>
#include <kubeferry/catalog/cni.hpp>
#include <kubeferry/catalog/distribution.hpp>
#include <kubeferry/catalog/version.hpp>

namespace kubeferry::catalog {

/// For which architectures something is published, and in which versions: "arm" → "<= 1.26.15".
/// Keys are OCI architectures; an architecture that is not there is never published.
using Availability = std::map<std::string, std::string>;

/// Whether `version` of something is published for `architecture`. When not, says why, for people:
/// "only up to 1.26.15", "never".
struct Published {
  bool yes = false;
  std::string reason;
};
[[nodiscard]] Published published(const Availability& availability, std::string_view architecture,
                                  std::string_view version);

/// A range of patch releases that need the same images.
struct PatchRow {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::string prerelease;  ///< the catalog knows only this pre-release of the row
  std::string registry;    ///< kubeadm's default: "registry.k8s.io" or "k8s.gcr.io"
  std::string coredns;
  std::string etcd;
  std::string pause;
};

struct MinorRelease {
  std::uint32_t minor = 0;
  std::string coredns_name;                  ///< under the default registry: "coredns/coredns", or "coredns" in 1.20
  std::vector<std::string> kubeadm_api;      ///< configuration versions kubeadm reads, newest first: "v1beta4"
  std::vector<PatchRow> patches;             ///< ascending, without holes
  std::map<std::string, std::string> pairs;  ///< component → version that goes with it: "runc" → "v1.3.3"
};

enum class ArtifactKind { binary, archive, manifest };

/// How upstream publishes a file's checksum.
enum class ChecksumStyle {
  none,         ///< not at all: the lock is the only pin
  bare,         ///< the hash and nothing else
  named,        ///< "hash  name", this file only
  sums,         ///< "hash  name" lines of many files
  clearsigned,  ///< the same inside a PGP clear-signed message
};
[[nodiscard]] std::string_view to_string(ArtifactKind kind);
[[nodiscard]] std::string_view to_string(ChecksumStyle style);

/// Which members of an archive go where.
struct MemberRule {
  std::string from;  ///< "bin/containerd"; a last component of "*" is every regular file there
  std::string to;    ///< a file, or a directory when it ends in "/"
  std::uint32_t mode = 0755;
  std::vector<std::string> except;  ///< names that "*" does not mean: "LICENSE"
};

/// Something downloaded for nodes. In templates, {version}, {number} (without "v"), {arch}, {runc_arch} and
/// {containerd_arch} are replaced.
struct Artifact {
  std::string name;  ///< "kubelet"
  ArtifactKind kind = ArtifactKind::binary;
  std::string url;
  std::string checksum_url;  ///< may hold {url}
  ChecksumStyle checksum = ChecksumStyle::none;
  std::string path;  ///< of a binary, on the node
  std::uint32_t mode = 0755;
  std::vector<MemberRule> members;
  Availability architectures;
  bool required = true;  ///< false: a platform without it is still complete (its distribution has it)
};

/// A family of images whose architectures are published together.
struct ImageAvailability {
  Availability architectures;
  bool by_kubernetes = true;  ///< versions in `architectures` are Kubernetes's, not the image's own
};

/// What is known of releases: manifests/, as it was when this program was built, or another folder of that shape.
struct Catalog {
  std::vector<MinorRelease> minors;                 ///< ascending, without holes
  std::vector<Artifact> artifacts;                  ///< in the order they are listed
  std::map<std::string, ImageAvailability> images;  ///< "kube-apiserver", "coredns", "etcd", "pause", …
  std::vector<Cni> cnis;
  std::vector<Distribution> distributions;
  std::vector<ServedApi> apis;  ///< of Kubernetes itself

  /// The catalog built into the program. bug error when it does not satisfy its own schema (a test sees to it).
  static Result<Catalog> builtin();
  /// kubernetes.yaml, artifacts.yaml, apis.yaml, cni/*.yaml and packages/*.yaml below `folder`. io and usage errors,
  /// the latter as "FILE:LINE:COLUMN: …".
  static Result<Catalog> load(const std::filesystem::path& folder);

  /// usage error naming the range and the nearest minor when it is not covered.
  Result<const MinorRelease*> minor(const KubernetesVersion& version) const;
  /// usage error naming the nearest one.
  Result<const Cni*> cni(std::string_view name) const;
};

/// The row of a patch. A patch newer than the catalog gets the newest row, and `note` says so; empty otherwise.
struct PatchMatch {
  const PatchRow* row = nullptr;  ///< inside the MinorRelease
  std::string note;
};
[[nodiscard]] PatchMatch patch_row(const MinorRelease& release, const KubernetesVersion& version);

}  // namespace kubeferry::catalog
