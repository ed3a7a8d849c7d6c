// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/catalog/catalog.hpp>

#include <kubeferry/base/text.hpp>

namespace kubeferry::catalog {

Result<const MinorRelease*> Catalog::minor(const KubernetesVersion& version) const {
  for (const MinorRelease& release : minors) {
    if (release.minor == version.minor) {
      return &release;
    }
  }
  if (minors.empty()) {
    return fail(ExitCode::usage, "the catalog is empty");
  }
  const std::uint32_t first = minors.front().minor;
  const std::uint32_t last = minors.back().minor;
  const MinorRelease& near = version.minor < first ? minors.front() : minors.back();
  Failure failure = fail(ExitCode::usage, "Kubernetes {} is not in the catalog, which covers 1.{} to 1.{}",
                         version.to_string(), first, last);
  failure.value().hint =
      fmt::format("the nearest is v1.{}.{}; --catalog DIR reads a newer catalog", near.minor, near.patches.back().last);
  return failure;
}

Result<const Cni*> Catalog::cni(std::string_view name) const {
  std::vector<std::string_view> names;
  for (const Cni& each : cnis) {
    if (each.name == name) {
      return &each;
    }
    names.push_back(each.name);
  }
  const auto near = nearest(name, names);
  Failure failure = fail(ExitCode::usage, "the CNI \"{}\" is not in the catalog", printable(name));
  failure.value().hint =
      near ? fmt::format("did you mean {}?", *near) : fmt::format("there is {}", fmt::join(names, ", "));
  return failure;
}

PatchMatch patch_row(const MinorRelease& release, const KubernetesVersion& version) {
  for (const PatchRow& row : release.patches) {
    if (version.patch < row.first || version.patch > row.last) {
      continue;
    }
    if (row.prerelease == version.prerelease) {
      return {&row, {}};
    }
    const std::string known =
        fmt::format("v1.{}.{}{}{}", release.minor, version.patch, row.prerelease.empty() ? "" : "-", row.prerelease);
    return {&row, fmt::format("the catalog knows {} and not {}; its images are taken to be the same", known,
                              version.to_string())};
  }
  const PatchRow& newest = release.patches.back();
  return {&newest, fmt::format("{} is newer than the catalog; its images are taken to be those of v1.{}.{}",
                               version.to_string(), release.minor, newest.last)};
}

}  // namespace kubeferry::catalog
