// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/catalog/cni.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>
#include <kubeferry/catalog/catalog.hpp>

#include "version_number.hpp"

namespace kubeferry::catalog {

namespace {

/// Why a release does not run on 1.MINOR; empty when it does.
std::string_view obstacle(const CniRelease& release, std::uint32_t minor) {
  const MinorRange& range = release.kubernetes;
  if (range.min && minor < *range.min) {
    return range.min_reason;
  }
  return range.max && minor > *range.max ? std::string_view(range.max_reason) : std::string_view();
}

bool is_tested(const CniRelease& release, std::uint32_t minor) {
  const MinorRange& range = release.kubernetes;
  return range.tested_first && range.tested_last && minor >= *range.tested_first && minor <= *range.tested_last;
}

const CniRelease* newest_for(const Cni& cni, std::uint32_t minor) {
  const auto tested = std::ranges::find_if(cni.releases, [&](const auto& each) { return is_tested(each, minor); });
  if (tested != cni.releases.end()) {
    return &*tested;
  }
  const auto runs = std::ranges::find_if(cni.releases, [&](const auto& each) { return obstacle(each, minor).empty(); });
  return runs == cni.releases.end() ? nullptr : &*runs;
}

/// "antrea, calico or flannel".
std::string alternatives(const Catalog& catalog, std::uint32_t minor) {
  std::vector<std::string> names;
  for (const Cni& cni : catalog.cnis) {
    if (cni.maintained == Maintained::yes && cni.unpublished.empty() && newest_for(cni, minor) != nullptr) {
      names.push_back(cni.name);
    }
  }
  if (names.size() < 2) {
    return names.empty() ? "" : names.front();
  }
  const std::string last = std::move(names.back());
  names.pop_back();
  return fmt::format("{} or {}", fmt::join(names, ", "), last);
}

Failure refusal(const Catalog& catalog, const Cni& cni, const CniRelease& release,
                const KubernetesVersion& kubernetes) {
  Failure failure = fail(ExitCode::usage, "{} {} does not run on Kubernetes {}: {}", cni.name, release.version,
                         kubernetes.to_string(), obstacle(release, kubernetes.minor));
  if (const CniRelease* other = newest_for(cni, kubernetes.minor)) {
    failure.value().hint =
        fmt::format("{} {} does; it is taken when no version is asked for", cni.name, other->version);
  } else if (const std::string others = alternatives(catalog, kubernetes.minor); !others.empty()) {
    failure.value().hint = fmt::format("take {}", others);
  }
  return failure;
}

const CniRelease* listed(const Cni& cni, std::string_view version) {
  const auto found = std::ranges::find_if(
      cni.releases, [&](const auto& each) { return without_v(each.version) == without_v(version); });
  return found == cni.releases.end() ? nullptr : &*found;
}

/// The newest release before `version`, or the oldest of all.
const CniRelease& nearest_release(const Cni& cni, std::string_view version) {
  const auto found =
      std::ranges::find_if(cni.releases, [&](const auto& each) { return compare_numbers(each.version, version) <= 0; });
  return found == cni.releases.end() ? cni.releases.back() : *found;
}

CniRelease expanded(CniRelease release, const std::string& version) {
  release.version = version;
  const Variables variables = {{"version", version}, {"number", without_v(version)}};
  for (std::string& url : release.manifests) {
    url = expand(url, variables);
  }
  for (auto* images : {&release.images, &release.run_time}) {
    for (CniImage& image : *images) {
      image.reference = expand(image.reference, variables);
    }
  }
  return release;
}

std::vector<std::string> notes_of(const Cni& cni, const CniRelease& release, const KubernetesVersion* kubernetes) {
  std::vector<std::string> notes;
  if (cni.maintained != Maintained::yes) {
    notes.push_back(fmt::format("{}: {}", cni.name, cni.maintained_note));
  }
  if (kubernetes != nullptr && release.kubernetes.tested_first && !is_tested(release, kubernetes->minor)) {
    notes.push_back(fmt::format("{} {} is tested by its project with Kubernetes 1.{} to 1.{}, not with {}", cni.name,
                                release.version, *release.kubernetes.tested_first, *release.kubernetes.tested_last,
                                kubernetes->to_string()));
  }
  return notes;
}

bool is_for(const CniRelease& release, std::string_view architecture) {
  return std::ranges::find(release.architectures, architecture) != release.architectures.end();
}

}  // namespace

Result<ChosenCni> choose_cni(const Catalog& catalog, std::string_view name, std::string_view version,
                             const KubernetesVersion* kubernetes) {
  KF_TRY_ASSIGN(const Cni* cni, catalog.cni(name));
  ChosenCni chosen{cni, {}, {}};
  const CniRelease* release = nullptr;
  std::string note;
  if (!version.empty()) {
    release = listed(*cni, version);
    if (release == nullptr) {
      release = &nearest_release(*cni, version);
      note = fmt::format("the catalog does not list {} {}; it is taken to be like {}", cni->name, version,
                         release->version);
    }
  } else if (kubernetes == nullptr) {
    release = &cni->releases.front();
  } else {
    release = newest_for(*cni, kubernetes->minor);
    if (release == nullptr) {
      const bool too_old = cni->releases.back().kubernetes.min.value_or(0) > kubernetes->minor;
      return refusal(catalog, *cni, too_old ? cni->releases.back() : cni->releases.front(), *kubernetes);
    }
  }
  chosen.release = expanded(*release, note.empty() ? release->version : std::string(version));
  if (kubernetes != nullptr && !obstacle(*release, kubernetes->minor).empty()) {
    return refusal(catalog, *cni, chosen.release, *kubernetes);
  }
  chosen.notes = notes_of(*cni, chosen.release, kubernetes);
  if (!note.empty()) {
    chosen.notes.push_back(std::move(note));
  }
  return chosen;
}

std::string not_published_for(const Cni& cni, const CniRelease& release, std::string_view architecture) {
  if (is_for(release, architecture)) {
    return {};
  }
  const auto newest = std::ranges::find_if(cni.releases, [&](const auto& each) { return is_for(each, architecture); });
  if (newest == cni.releases.end()) {
    return "is never published for it";
  }
  if (compare_numbers(newest->version, release.version) < 0) {
    return fmt::format("is published for it only up to {}", newest->version);
  }
  // Releases newer than this one are: the oldest of them is where it begins.
  const auto oldest = std::ranges::find_if(cni.releases.rbegin(), cni.releases.rend(), [&](const auto& each) {
    return is_for(each, architecture) && compare_numbers(each.version, release.version) > 0;
  });
  return fmt::format("is published for it only since {}", oldest->version);
}

}  // namespace kubeferry::catalog
