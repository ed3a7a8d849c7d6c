// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/oci/reference.hpp>

// Under which names a mirror publishes things. The rules, first that applies:
//   1. `--map SRC=DST`: a source name ("ghcr.io/flannel-io/flannel", or what it starts with, at a "/") becomes DST; the
//      longest SRC wins. Behind SRC the name goes on as it was.
//   2. artifacts (node files): kubeferry/<path>
//   3. `--keep-host`: <registry>/<path>, the registry's ":" written as "-"
//   4. the path without its registry: registry.k8s.io/pause → pause, docker.io/library/busybox → library/busybox
// The target's prefix stands before all of them. Two different images never end under one name: that is an error.
namespace kubeferry::installer {

/// Where to mirror to.
struct MirrorTarget {
  std::string registry;  ///< "harbor.corp", "127.0.0.1:5000"
  std::string prefix;    ///< "k8s"; empty for none

  /// "HOST[:PORT][/PREFIX]"; usage error for anything else, such as a URL.
  static Result<MirrorTarget> parse(std::string_view text);
};

/// One `--map`.
struct PathRule {
  std::string source;  ///< "ghcr.io/flannel-io"
  std::string target;  ///< "cni"; empty: directly under the prefix

  /// "SRC=DST". usage error when SRC does not start with a registry or DST is no path of a repository.
  static Result<PathRule> parse(std::string_view text);
};

enum class KeepHost { no, yes };

struct PathRules {
  std::vector<PathRule> rules;
  KeepHost keep_host = KeepHost::no;
};

enum class Kind { image, artifact };

/// What is to be published.
struct MappingInput {
  oci::Reference reference;
  crypto::Digest digest;  ///< of what the reference means
  Kind kind = Kind::image;
};

/// One name under which an input is published. CoreDNS has two.
struct Mapping {
  std::size_t input = 0;     ///< index of the input
  std::string repository;    ///< in the target, prefix included
  std::string tag;           ///< empty: by digest only
  bool second_name = false;  ///< CoreDNS's other spelling
};

/// The names of all inputs, in their order. usage error naming both sources, and the option that helps, when two
/// different digests would get one name; or when a name is no valid repository.
Result<std::vector<Mapping>> map_paths(std::span<const MappingInput> inputs, const MirrorTarget& target,
                                       const PathRules& rules);

/// CoreDNS's other spelling of a repository path: kubeadm asks R/coredns under an imageRepository, and
/// coredns/coredns otherwise. Empty for everything else.
[[nodiscard]] std::string other_coredns_spelling(std::string_view path);

}  // namespace kubeferry::installer
