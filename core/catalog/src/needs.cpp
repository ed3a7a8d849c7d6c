// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/catalog/needs.hpp>

#include <algorithm>
#include <array>

#include <kubeferry/base/text.hpp>
#include <kubeferry/platforms/platform.hpp>

#include "package_needs.hpp"
#include "spec_fields.hpp"
#include "version_number.hpp"

namespace kubeferry::catalog {

namespace {

/// The version of an artifact that goes with a Kubernetes release.
std::string version_of(const Artifact& artifact, const MinorRelease& release, const KubernetesVersion& version) {
  const auto pair = release.pairs.find(artifact.name);
  return pair == release.pairs.end() ? version.to_string() : pair->second;
}

DownloadNeed download_of(const Artifact& artifact, const std::string& version, const platforms::Platform& platform) {
  Variables variables = {{"version", version},
                         {"number", without_v(version)},
                         {"arch", platform.architecture},
                         {"runc_arch", platform.runc},
                         {"containerd_arch", platform.containerd}};
  DownloadNeed need;
  need.url = expand(artifact.url, variables);
  need.platform = platform.name;
  need.kind = artifact.kind;
  need.name = artifact.name;
  need.version = version;
  need.path = artifact.path;
  need.mode = artifact.mode;
  need.members = artifact.members;
  need.checksum.style = artifact.checksum;
  variables.emplace_back("url", need.url);
  need.checksum.url = expand(artifact.checksum_url, variables);
  return need;
}

/// Every artifact for every platform of the spec, or why it is missing.
Status add_artifacts(const Spec& spec, const Catalog& catalog, Needs& needs) {
  KF_TRY_ASSIGN(const MinorRelease* release, catalog.minor(spec.kubernetes->version));
  for (const Artifact& artifact : catalog.artifacts) {
    const std::string version = version_of(artifact, *release, spec.kubernetes->version);
    for (const std::string& name : spec.platforms) {
      KF_TRY_ASSIGN(const platforms::Platform* platform, platforms::find(name));
      const Published known = published(artifact.architectures, platform->architecture, version);
      if (known.yes) {
        needs.downloads.push_back(download_of(artifact, version, *platform));
      } else {
        needs.missing.push_back({fmt::format("{} {}", artifact.name, version), name, known.reason, artifact.required});
      }
    }
  }
  return {};
}

ImageNeed need_of(const CniImage& image, const ChosenCni& chosen) {
  ImageNeed need{image.reference, fmt::format("cni {} {}", chosen.cni->name, chosen.release.version), {}};
  const auto& published = image.architectures.empty() ? chosen.release.architectures : image.architectures;
  for (const platforms::Platform& platform : platforms::all()) {
    if (std::ranges::find(published, platform.architecture) != published.end()) {
      need.platforms.emplace_back(platform.name);
    }
  }
  return need;
}

enum class Required { no, yes };

/// Keeps of each image the wanted platforms, and notes those it is not published for.
void add_images(const std::vector<ImageNeed>& images, const Spec& spec, Required required, Needs& needs) {
  for (const ImageNeed& image : images) {
    ImageNeed kept{image.reference, image.why, {}};
    for (const std::string& platform : spec.platforms) {
      if (std::ranges::find(image.platforms, platform) != image.platforms.end()) {
        kept.platforms.push_back(platform);
      } else {
        needs.missing.push_back(
            {image.reference, platform, "is not published for it in this version", required == Required::yes});
      }
    }
    if (!kept.platforms.empty()) {
      needs.images.push_back(std::move(kept));
    }
  }
}

/// A network that is asked for must be one that can be written where this pod network says its own.
Status check_pod_cidr(const CniSpec& spec, const Cni& cni) {
  const bool six =
      std::ranges::any_of(spec.pod_cidr, [](const std::string& cidr) { return cidr.find(':') != std::string::npos; });
  const bool unknown = cni.pod_cidr_location.kind == PodCidrLocation::Kind::unknown;
  if (spec.pod_cidr.empty() || (!unknown && (!six || cni.pod_cidr_ipv6))) {
    return {};
  }
  Failure failure = fail(ExitCode::usage, "cni.podCIDR {}: kubeferry cannot write {} into the manifest of {}",
                         fmt::join(spec.pod_cidr, ","), unknown ? "a network" : "an IPv6 network", cni.name);
  failure.value().hint = "write it into a manifest of yours, name that as cni.manifest, and leave podCIDR out";
  return failure;
}

Status add_cni(const Spec& spec, const Catalog& catalog, Needs& needs) {
  const KubernetesVersion* kubernetes = spec.kubernetes ? &spec.kubernetes->version : nullptr;
  const bool own = !spec.cni->manifest.empty();
  if (own && spec.cni->name == k_own_network) {
    needs.notes.push_back(fmt::format("{}: the pod network is none of the catalog; {}", spec.cni->manifest,
                                      spec.cni->pod_cidr.empty()
                                          ? "say the network that it is for as podCIDR, so that kubeadm gets the same"
                                          : "podCIDR goes to kubeadm, and the manifest must say the same"));
    return {};
  }
  KF_TRY_ASSIGN(const Cni* cni, catalog.cni(spec.cni->name));
  if (own && spec.cni->version.empty()) {
    // Whose release it is, and what that runs on, only its author knows.
    if (!cni->releases.front().run_time.empty()) {
      needs.notes.push_back(
          fmt::format("{} starts images that no manifest names: say which version {} is, or list them in images",
                      cni->name, spec.cni->manifest));
    }
    return check_pod_cidr(*spec.cni, *cni);
  }
  KF_TRY_ASSIGN(const ChosenCni chosen, choose_cni(catalog, cni->name, spec.cni->version, kubernetes));
  const CniRelease& release = chosen.release;
  needs.notes.insert(needs.notes.end(), chosen.notes.begin(), chosen.notes.end());
  if (!own && !cni->unpublished.empty()) {
    Failure failure = fail(ExitCode::usage, "{} {}: {}", cni->name, release.version, cni->unpublished);
    failure.value().hint = expand(cni->unpublished_hint, {{"version", release.version},
                                                          {"number", without_v(release.version)},
                                                          {"kubernetes", kubernetes ? kubernetes->to_string() : "V"}});
    return failure;
  }
  KF_TRY(check_pod_cidr(*spec.cni, *cni));
  for (const std::string& name : spec.platforms) {
    KF_TRY_ASSIGN(const platforms::Platform* platform, platforms::find(name));
    if (std::string reason = not_published_for(*cni, release, platform->architecture); !reason.empty()) {
      needs.missing.push_back({fmt::format("{} {}", cni->name, release.version), name, std::move(reason), true});
    }
  }
  std::vector<ImageNeed> run_time;
  for (const CniImage& image : release.run_time) {
    run_time.push_back(need_of(image, chosen));
  }
  // Not required by themselves: a platform without the pod network was missed above already.
  add_images(run_time, spec, Required::no, needs);
  for (const std::string& url : own ? std::vector<std::string>() : release.manifests) {
    DownloadNeed need;
    need.url = url;
    need.kind = ArtifactKind::manifest;
    need.name = cni->name;
    need.version = release.version;
    need.mode = 0644;
    for (const CniImage& image : release.images) {
      need.images.push_back(image.reference);
    }
    needs.downloads.push_back(std::move(need));
  }
  return {};
}

Status judge(const Needs& needs, Missing policy) {
  const auto first = std::ranges::find_if(needs.missing, &MissingNeed::required);
  if (policy == Missing::skip || first == needs.missing.end()) {
    return {};
  }
  const auto others = std::ranges::count_if(needs.missing, &MissingNeed::required) - 1;
  Failure failure = fail(ExitCode::usage, "{} for {}: {}{}", first->what, first->platform, first->reason,
                         others == 0 ? std::string() : fmt::format(" (and {} more)", others));
  failure.value().hint = fmt::format("take {} out of platforms, or say missing: skip", first->platform);
  return failure;
}

}  // namespace

std::optional<Destination> destination(const DownloadNeed& need, std::string_view member) {
  if (member.starts_with("./")) {
    member.remove_prefix(2);
  }
  for (const MemberRule& rule : need.members) {
    if (rule.from == member) {
      return Destination{rule.to, rule.mode};
    }
    const std::string_view folder = std::string_view(rule.from).substr(0, rule.from.size() - 1);
    if (!rule.from.ends_with('*') || !member.starts_with(folder)) {
      continue;
    }
    const std::string_view name = member.substr(folder.size());
    // A member's name comes from outside: nothing but a plain file name may become part of a path.
    if (!name.empty() && check_name(name) && std::ranges::find(rule.except, name) == rule.except.end()) {
      return Destination{rule.to + std::string(name), rule.mode};
    }
  }
  return std::nullopt;
}

Result<KubernetesImages> kubernetes_images(const Catalog& catalog, const KubernetesVersion& version,
                                           std::string_view repository) {
  KF_TRY_ASSIGN(const MinorRelease* release, catalog.minor(version));
  const PatchMatch match = patch_row(*release, version);
  const PatchRow& row = *match.row;
  // kubeadm leaves CoreDNS's extra path out as soon as the repository is not its own default (images.go).
  const bool own = repository.empty() || repository == row.registry;
  const std::string base(own ? std::string_view(row.registry) : repository);
  std::array<std::array<std::string, 3>, 7> list = {{
      {"kube-apiserver", "kube-apiserver", version.to_string()},
      {"kube-controller-manager", "kube-controller-manager", version.to_string()},
      {"kube-scheduler", "kube-scheduler", version.to_string()},
      {"kube-proxy", "kube-proxy", version.to_string()},
      {"coredns", own ? release->coredns_name : "coredns", row.coredns},
      {"pause", "pause", row.pause},
      {"etcd", "etcd", row.etcd},
  }};
  // Up to 1.28 kubeadm names CoreDNS last (seen: the real kubeadm 1.20.2), from 1.29 on before pause.
  if (version.minor < 29) {
    std::rotate(list.begin() + 4, list.begin() + 5, list.end());
  }
  KubernetesImages images{{}, match.note};
  for (const auto& [family, name, tag] : list) {
    ImageNeed need{fmt::format("{}/{}:{}", base, name, tag), "kubernetes " + version.to_string(), {}};
    const auto known = catalog.images.find(family);
    if (known == catalog.images.end()) {
      return fail(ExitCode::usage, "the catalog does not know the image {}", family);
    }
    for (const platforms::Platform& platform : platforms::all()) {
      const std::string bound = known->second.by_kubernetes ? version.to_string() : tag;
      if (published(known->second.architectures, platform.architecture, bound).yes) {
        need.platforms.emplace_back(platform.name);
      }
    }
    images.images.push_back(std::move(need));
  }
  return images;
}

std::vector<ImageNeed> cni_images(const ChosenCni& chosen) {
  std::vector<ImageNeed> images;
  for (const auto* list : {&chosen.release.images, &chosen.release.run_time}) {
    for (const CniImage& image : *list) {
      images.push_back(need_of(image, chosen));
    }
  }
  return images;
}

Result<std::vector<ImageNeed>> only_for(std::vector<ImageNeed> images, std::string_view platform) {
  const std::size_t all = images.size();
  std::string example = images.empty() ? std::string() : images.front().reference;
  std::erase_if(images, [&](const ImageNeed& image) {
    return std::ranges::find(image.platforms, platform) == image.platforms.end();
  });
  if (images.size() < all && (images.empty() || images.front().reference != example)) {
    return fail(ExitCode::usage, "{} is not published for {}", example, printable(platform));
  }
  return images;
}

Result<Needs> needs_of(const Spec& spec, const Catalog& catalog) {
  Needs needs;
  if (spec.kubernetes) {
    KF_TRY_ASSIGN(const KubernetesImages images,
                  kubernetes_images(catalog, spec.kubernetes->version, spec.kubernetes->image_repository));
    add_images(images.images, spec, Required::yes, needs);
    if (!images.note.empty()) {
      needs.notes.push_back(images.note);
    }
    KF_TRY(add_artifacts(spec, catalog, needs));
  }
  for (const std::string& reference : spec.images) {
    if (std::ranges::find(needs.images, reference, &ImageNeed::reference) == needs.images.end()) {
      needs.images.push_back({reference, "spec", spec.platforms});
    }
  }
  if (spec.cni) {
    KF_TRY(add_cni(spec, catalog, needs));
  }
  KF_TRY(add_packages(spec, catalog, needs));
  KF_TRY(judge(needs, spec.missing));
  return needs;
}

}  // namespace kubeferry::catalog
