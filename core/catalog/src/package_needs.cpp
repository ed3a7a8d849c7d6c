// SPDX-License-Identifier: Apache-2.0
#include "package_needs.hpp"

#include <algorithm>

#include <kubeferry/base/text.hpp>
#include <kubeferry/platforms/platform.hpp>

namespace kubeferry::catalog {

namespace {

constexpr std::string_view k_runtime = "containerd";  // the artifact, and its package in Debian, Ubuntu and SUSE

const Distribution* find_distribution(const Catalog& catalog, std::string_view name) {
  const auto found = std::ranges::find(catalog.distributions, name, &Distribution::name);
  return found == catalog.distributions.end() ? nullptr : &*found;
}

Failure unknown_distribution(const Catalog& catalog, const PackagesSpec& packages) {
  std::vector<std::string_view> names;
  for (const Distribution& each : catalog.distributions) {
    names.push_back(each.name);
  }
  const auto near = nearest(packages.distribution, names);
  Failure failure =
      fail(ExitCode::usage, "packages: the distribution \"{}\" is not in the catalog", packages.distribution);
  failure.value().hint =
      near ? fmt::format("did you mean {}? Otherwise say its repositories and what to install", *near)
           : fmt::format("there is {}; for another one say repositories and what to install", fmt::join(names, ", "));
  return failure;
}

Result<const DistributionRelease*> find_release(const Distribution& distribution, const PackagesSpec& packages) {
  std::vector<std::string_view> versions;
  for (const DistributionRelease& release : distribution.releases) {
    if (release.version == packages.version) {
      return &release;
    }
    versions.push_back(release.version);
  }
  if (!packages.sources.empty()) {
    return nullptr;
  }
  Failure failure = fail(ExitCode::usage, "packages: {} {} is not in the catalog", distribution.name, packages.version);
  failure.value().hint = fmt::format("there is {}; for another one say its repositories", fmt::join(versions, ", "));
  return failure;
}

std::vector<std::string> names_of(const PackagesSpec& packages, const Distribution* distribution) {
  std::vector<std::string> names = packages.install;
  if (names.empty() && distribution != nullptr) {
    names = distribution->install;
  }
  for (const std::string& name : packages.also) {
    if (std::ranges::find(names, name) == names.end()) {
      names.push_back(name);
    }
  }
  return names;
}

Status add(const PackagesSpec& packages, const Spec& spec, const Catalog& catalog, Needs& needs) {
  const Distribution* distribution = find_distribution(catalog, packages.distribution);
  if (distribution == nullptr && packages.sources.empty()) {
    return unknown_distribution(catalog, packages);
  }
  const DistributionRelease* release = nullptr;
  if (distribution != nullptr) {
    KF_TRY_ASSIGN(release, find_release(*distribution, packages));
    if (packages.format && *packages.format != distribution->format) {
      return fail(ExitCode::usage, "packages: {} has {} packages, and the spec's repositories are of {}",
                  packages.name(), to_string(distribution->format), to_string(*packages.format));
    }
  }
  if (packages.sources.empty() && release->sources.empty()) {
    Failure failure = fail(ExitCode::usage, "packages: {} has no repositories of its own here: {}", packages.name(),
                           distribution->unpublished);
    failure.value().hint = "say where you take them from, as repositories";
    return failure;
  }
  PackageNeed need;
  need.name = packages.name();
  need.distribution = packages.distribution;
  need.version = packages.version;
  need.format = distribution != nullptr ? distribution->format : *packages.format;
  need.install = names_of(packages, distribution);
  need.keyring_from = distribution != nullptr ? distribution->keyring_from : "";
  if (need.install.empty()) {
    Failure failure = fail(ExitCode::usage, "packages: nothing is said to be installed of {}", need.name);
    failure.value().hint = "write install: with the names of packages";
    return failure;
  }
  const auto& sources = packages.sources.empty() ? release->sources : packages.sources;
  for (const std::string& name : spec.platforms) {
    KF_TRY_ASSIGN(const platforms::Platform* platform, platforms::find(name));
    need.platform = name;
    need.architecture = need.format == PackageFormat::deb ? platform->debian : platform->rpm;
    need.sources.clear();
    const bool published = release == nullptr || std::ranges::find(release->architectures, platform->architecture) !=
                                                     release->architectures.end();
    for (const PackageSource& source : sources) {
      if (source.platforms.empty() || std::ranges::find(source.platforms, name) != source.platforms.end()) {
        need.sources.push_back(source);
        need.sources.back().url = expand(source.url, {{"arch", need.architecture}});
      }
    }
    if (!published || need.sources.empty()) {
      needs.missing.push_back({fmt::format("{} packages", need.name), name, "is not published for it", true});
      continue;
    }
    needs.packages.push_back(need);
  }
  for (const PackageSource& source : sources) {
    if (source.unsigned_) {
      needs.notes.push_back(fmt::format("{}: the list of packages of {} is UNSIGNED: nothing but TLS vouches for it",
                                        need.name, source.url));
    }
  }
  return {};
}

/// Nothing else tells who builds for 32-bit ARM that its nodes are to bring a runtime, until they do not.
void note_platforms_without_runtime(Needs& needs) {
  for (const MissingNeed& missing : needs.missing) {
    const bool carried = std::ranges::any_of(needs.packages, [&](const PackageNeed& need) {
      return need.platform == missing.platform && std::ranges::find(need.install, k_runtime) != need.install.end();
    });
    if (missing.what.starts_with(fmt::format("{} ", k_runtime)) && !carried) {
      needs.notes.push_back(fmt::format(
          "{} is not published for {}: its nodes need their distribution's, which `also: [{}]` in the spec's "
          "`packages` carries",
          missing.what, missing.platform, k_runtime));
    }
  }
}

}  // namespace

Status add_packages(const Spec& spec, const Catalog& catalog, Needs& needs) {
  for (const PackagesSpec& packages : spec.packages) {
    KF_TRY(add(packages, spec, catalog, needs));
  }
  note_platforms_without_runtime(needs);
  return {};
}

Json to_json(const PackageNeed& need) {
  Json repositories = Json::array();
  for (const PackageSource& source : need.sources) {
    Json row = Json::object();
    row.set("url", source.url)
        .set("suites", json_array(source.suites))
        .set("components", json_array(source.components));
    row.set("keyring", source.keyring).set("sha256", source.sha256).set("unsigned", source.unsigned_);
    repositories.push(std::move(row));
  }
  Json row = Json::object();
  row.set("name", need.name).set("format", to_string(need.format)).set("platform", need.platform);
  row.set("architecture", need.architecture).set("install", json_array(need.install));
  row.set("repositories", std::move(repositories));
  return row;
}

}  // namespace kubeferry::catalog
