// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/catalog/catalog.hpp>
#include <kubeferry/catalog/spec.hpp>

namespace kubeferry::catalog {

/// An image to carry. `platforms` are those it is expected for; the image's own index has the last word.
struct ImageNeed {
  std::string reference;  ///< as the user or kubeadm writes it
  std::string why;        ///< "kubernetes v1.34.2", "spec"
  std::vector<std::string> platforms;
};

struct Checksum {
  std::string url;  ///< empty when style is none
  ChecksumStyle style = ChecksumStyle::none;
};

/// A file to fetch. What becomes of it depends on `kind`: a binary goes to `path`; an archive is taken apart by
/// `members`; a manifest is read for images and carried as a document.
struct DownloadNeed {
  std::string url;
  std::string platform;  ///< empty for a manifest: it serves all of them
  ArtifactKind kind = ArtifactKind::binary;
  std::string name;  ///< the component: "kubelet", "cni-plugins", "flannel"
  std::string version;
  std::string path;  ///< of a binary, on the node
  std::uint32_t mode = 0755;
  std::vector<MemberRule> members;
  Checksum checksum;
  std::vector<std::string> images;  ///< of a manifest: what it means by images whose tag it leaves out
};

/// Where a member of an archive goes on the node.
struct Destination {
  std::string path;
  std::uint32_t mode = 0755;
};
/// Nothing when no rule wants `member`. A leading "./" of `member` does not count.
[[nodiscard]] std::optional<Destination> destination(const DownloadNeed& need, std::string_view member);

/// Something that the spec asks for and that is not published for a platform.
struct MissingNeed {
  std::string what;      ///< "kubelet v1.34.2", "registry.k8s.io/etcd:3.6.4-0"
  std::string platform;  ///< "linux/arm"
  std::string reason;    ///< "published only up to 1.26.15"
  bool required = true;  ///< false: the platform can do without; never a reason to fail
};

/// All that a bundle needs, by the spec and the catalog alone: nothing was asked of any network.
struct Needs {
  std::vector<ImageNeed> images;        ///< Kubernetes's in kubeadm's order, then the spec's; each reference once
  std::vector<DownloadNeed> downloads;  ///< by artifact, then by platform
  std::vector<PackageNeed> packages;    ///< by distribution as the spec has them, then by platform
  std::vector<MissingNeed> missing;
  std::vector<std::string> notes;  ///< for the user to read: a patch newer than the catalog
};

/// usage errors: a version or CNI that the catalog does not have, a CNI that does not run on this Kubernetes (see
/// choose_cni), has no manifest to fetch or no place for the pod CIDR that is asked for; a distribution whose packages
/// nobody says where to find; with `missing: fail`, the
/// first required thing that is missing, and how many more there are (the hint names `missing: skip`).
Result<Needs> needs_of(const Spec& spec, const Catalog& catalog);

/// What `kubeadm config images list` of that version prints: references in its order. `repository` is the
/// imageRepository of its configuration; empty: its default.
struct KubernetesImages {
  std::vector<ImageNeed> images;
  std::string note;  ///< as in PatchMatch
};
Result<KubernetesImages> kubernetes_images(const Catalog& catalog, const KubernetesVersion& version,
                                           std::string_view repository);

/// The images of a pod network's release: those that its manifests name, then those that it starts besides.
[[nodiscard]] std::vector<ImageNeed> cni_images(const ChosenCni& chosen);

/// The rows that exist for `platform` (a canonical name). usage error, saying why, when none does.
Result<std::vector<ImageNeed>> only_for(std::vector<ImageNeed> images, std::string_view platform);

/// {"images": [{"reference", "platforms"}], "downloads": [{"url", "platform", "kind", "name", "members",
/// "checksum": {"url", "style"}}], "packages": […], "missing": […], "notes": […]} (docs/spec.md).
[[nodiscard]] Json to_json(const Needs& needs);

}  // namespace kubeferry::catalog
