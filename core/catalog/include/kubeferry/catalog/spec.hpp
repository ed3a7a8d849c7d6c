// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/catalog/distribution.hpp>
#include <kubeferry/catalog/version.hpp>

namespace kubeferry::catalog {

/// What to do about a platform that something asked for does not exist for.
enum class Missing { fail, skip };

struct KubernetesSpec {
  KubernetesVersion version;
  std::string image_repository;  ///< where the images are taken from; empty: the release's own default
};

struct CniSpec {
  std::string name;                   ///< as in the catalog: "flannel"; k_own_network for one that is not in it
  std::vector<std::string> pod_cidr;  ///< one, or an IPv4 and an IPv6 one; empty: the manifest's own
  std::string version;                ///< "v0.28.9"; empty: the catalog's
  std::string manifest;               ///< a local file used instead of the published manifest; empty: none
};

/// What CniSpec calls a network of which only its manifest is known.
inline constexpr std::string_view k_own_network = "custom";

/// A manifest the user wants in the cluster. Exactly one of `url` and `source` is set.
struct ManifestSpec {
  std::string name;    ///< "metallb-native"; no two of a spec are alike
  std::string url;     ///< http or https
  std::string source;  ///< local path; relative ones are resolved against the spec's folder
  std::string sha256;  ///< 64 lower-case hex digits; empty only for a local file
  bool apply = true;   ///< false: carried, and applied by nobody
};

/// A file the user wants on nodes. Exactly one of `url` and `source` is set.
struct FileSpec {
  std::string url;                     ///< http or https
  std::string source;                  ///< local path; relative ones are resolved against the spec's folder
  std::string sha256;                  ///< 64 lower-case hex digits; empty only for a local file
  std::vector<std::string> platforms;  ///< canonical names; empty: every platform of the bundle
  std::string path;                    ///< on the node; check_node_path() holds
  std::uint32_t mode = 0644;           ///< 0644 or 0755
  int line = 0;                        ///< in the spec, for errors found later
  std::string component = "user";      ///< as the bundle's rows have it
};

/// Where a registry host or download host is really reached.
struct Upstream {
  std::string endpoint;       ///< "https://127.0.0.1:5001", without a trailing slash; scheme http only with plain_http
  std::string ca;             ///< PEM file that is trusted for this host instead of the system's; empty: the system's
  std::string username;       ///< empty: credentials come from Docker's config.json
  std::string password_file;  ///< its first line is the password; never the password itself
  std::string path_prefix;    ///< put in front of repository names: "proxy/k8s"
  bool plain_http = false;
};

/// What a user asks for. Paths are as written, except that relative ones were resolved against the spec's folder.
struct Spec {
  std::string name;
  std::string version;
  std::string stream;                     ///< defaults to `name`
  std::optional<std::uint64_t> sequence;  ///< absent: the builder chooses (docs/spec.md)
  std::optional<TimePoint> not_after;
  std::string audience;
  std::vector<std::string> platforms;  ///< canonical names, sorted, without duplicates; never empty
  std::optional<KubernetesSpec> kubernetes;
  std::optional<CniSpec> cni;
  std::vector<std::string> images;      ///< references as written, in order, without duplicates
  std::vector<ManifestSpec> manifests;  ///< in the order in which they are applied
  std::vector<FileSpec> files;
  std::vector<PackagesSpec> packages;  ///< each distribution and version once
  /// Where this program for each platform is: a path in which "{arch}" stands for the architecture; "none": it is not
  /// carried; empty: beside the running program (builder/own_program.hpp).
  std::string program;
  Missing missing = Missing::fail;
  std::map<std::string, Upstream> upstreams;  ///< by "host" or "host:port", lower case
  std::optional<std::uint32_t> compression;   ///< zstd level 1 … 19 for what is compressed; absent: the builder's
};

inline constexpr std::uint64_t k_max_spec_bytes = std::uint64_t{1} << 20;

/// Parses a spec: YAML (docs/spec.md), or, when no line of it is `apiVersion: …`, a plain list of image references,
/// one a line, `#` starting a comment. A list means: name from the file's name, version "0", all platforms,
/// `missing: skip`.
/// usage errors "FILE:LINE:COLUMN: …" for whatever is wrong with it, with the nearest valid key as hint; limit error
/// past k_max_spec_bytes, 32 levels or 100,000 nodes.
/// `file` names the spec in errors; relative paths are resolved against its folder.
Result<Spec> parse_spec(std::string_view text, const std::filesystem::path& file);

/// Reads and parses. io errors besides.
Result<Spec> load_spec(const std::filesystem::path& file);

}  // namespace kubeferry::catalog
