// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>
#include <kubeferry/catalog/version.hpp>

namespace kubeferry::catalog {

/// Where a pod network's manifest says which addresses Pods get.
struct PodCidrLocation {
  enum class Kind {
    unknown,           ///< nowhere that kubeferry can change
    node,              ///< nowhere: it uses what kubeadm's podSubnet gives each node
    flannel_net_conf,  ///< `Network` in the net-conf.json of a ConfigMap
    environment,       ///< environment variable `key` of the containers named `object`
    config_map,        ///< `key` of the data of the ConfigMap `object`
    resource,          ///< field `key` of objects of kind `object`: "spec.calicoNetwork.ipPools[].cidr"
  };
  Kind kind = Kind::unknown;
  std::string object;
  std::string key;
  [[nodiscard]] bool operator==(const PodCidrLocation&) const = default;
};

struct CniImage {
  std::string reference;                   ///< with a tag or a digest
  std::vector<std::string> architectures;  ///< empty: every one of the release
};

/// Which minors of Kubernetes a release runs on, with the reason of each bound for people.
struct MinorRange {
  std::optional<std::uint32_t> min;
  std::optional<std::uint32_t> max;
  std::string min_reason;
  std::string max_reason;
  std::optional<std::uint32_t> tested_first;  ///< what its project tests it with; both or none
  std::optional<std::uint32_t> tested_last;
};

struct CniRelease {
  std::string version;
  std::vector<std::string> manifests;  ///< URLs, in the order in which they are applied; empty: none is published
  std::vector<CniImage> images;        ///< what its manifests name
  std::vector<CniImage> run_time;      ///< what it starts besides, and no manifest names
  std::vector<std::string> architectures;
  MinorRange kubernetes;
};

enum class Maintained { yes, dormant, no };

/// A pod network of the catalog (manifests/cni). In URLs and references of `releases`, {version} and {number} (without
/// "v") stand for the version; release_of() replaces them.
struct Cni {
  std::string name;
  Maintained maintained = Maintained::yes;
  std::string maintained_note;   ///< why not; empty when it is
  std::string unpublished;       ///< why there is no manifest to fetch; empty when there is
  std::string unpublished_hint;  ///< what to do then
  std::string pod_cidr;          ///< what it comes to when nobody says anything
  PodCidrLocation pod_cidr_location;
  bool pod_cidr_ipv6 = false;                  ///< kubeferry can write an IPv6 network there, too
  std::vector<std::string> modules;            ///< kernel modules that a node must be able to load
  std::map<std::string, std::string> sysctls;  ///< that must have this value: "net.ipv4.ip_forward" → "1"
  std::vector<CniRelease> releases;            ///< newest first; never empty
};

struct Catalog;

/// What a spec means by a pod network.
struct ChosenCni {
  const Cni* cni = nullptr;        ///< inside the catalog
  CniRelease release;              ///< {version} replaced
  std::vector<std::string> notes;  ///< for the user: not tested with this Kubernetes, no longer maintained
};

/// The release `version` of the pod network `name`; without a version the newest that its project tests with
/// `kubernetes`, or else the newest that runs on it. A null pointer is any Kubernetes. A version that the catalog does
/// not list is taken to be like the newest listed one before it, and a note says so.
///
/// usage errors: a name that the catalog does not have; a release that does not run on this Kubernetes, with the reason
/// and, as the hint, what else does.
Result<ChosenCni> choose_cni(const Catalog& catalog, std::string_view name, std::string_view version,
                             const KubernetesVersion* kubernetes);

/// For which architectures a release of `cni` is published, as Published::reason says it: "is published for it only up
/// to v3.27.5". Empty when `release` is published for it.
[[nodiscard]] std::string not_published_for(const Cni& cni, const CniRelease& release, std::string_view architecture);

}  // namespace kubeferry::catalog
