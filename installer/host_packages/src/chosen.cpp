// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <kubeferry/base/text.hpp>
#include <kubeferry/host_packages/distribution.hpp>

namespace kubeferry::host_packages {

namespace {

using Candidates = std::vector<const bundle::PackageRepository*>;

template <class Wanted>
Candidates matching(const bundle::Manifest& manifest, Wanted&& wanted) {
  Candidates out;
  for (const auto& repository : manifest.packages) {
    if (wanted(repository)) {
      out.push_back(&repository);
    }
  }
  return out;
}

std::string listed(const Candidates& candidates) {
  std::vector<std::string> names;
  for (const auto* one : candidates) {
    names.push_back(fmt::format("{} for {}", one->name, one->platform));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

Status need_some(const bundle::Manifest& manifest) {
  if (!manifest.packages.empty()) {
    return {};
  }
  return Failure(Error{ExitCode::usage,
                       fmt::format("the bundle {} {} carries no packages", manifest.name, manifest.version),
                       "say `packages:` in its spec, and build it again (docs/packages.md)",
                       {}});
}

Status need_name(const bundle::Manifest& manifest, const std::string& named) {
  std::set<std::string_view> names;
  for (const auto& repository : manifest.packages) {
    names.insert(repository.name);
  }
  if (named.empty() || names.contains(named)) {
    return {};
  }
  return Failure(Error{ExitCode::usage,
                       fmt::format("the bundle has no packages called {}", printable(named)),
                       fmt::format("it has {}", fmt::join(names, ", ")),
                       {}});
}

/// Of those for this platform, what somebody could ask for: a distribution that this one says it is like.
std::string hint_for(const bundle::Manifest& manifest, const Distribution& distribution, const std::string& platform) {
  const auto like = split(distribution.like, ' ');
  const Candidates near = matching(manifest, [&](const auto& one) {
    return one.platform == platform &&
           (one.distribution == distribution.id || std::ranges::find(like, one.distribution) != like.end());
  });
  if (near.empty()) {
    return fmt::format("it has {}", listed(matching(manifest, [](const auto&) { return true; })));
  }
  return fmt::format("`--distribution {}` takes those of {} {} all the same, if you know that they fit",
                     near.front()->name, near.front()->distribution, near.front()->distribution_version);
}

}  // namespace

Result<const bundle::PackageRepository*> for_host(const bundle::Manifest& manifest, const host::Host& host,
                                                  const std::string& named) {
  KF_TRY(need_some(manifest));
  KF_TRY(need_name(manifest, named));
  KF_TRY_ASSIGN(const std::string platform, userland_platform(host));
  const Distribution distribution = read_distribution(host);
  if (named.empty()) {
    if (const auto* found =
            bundle::find_repository(manifest.packages, distribution.id, distribution.version, platform)) {
      return found;
    }
    return Failure(Error{ExitCode::unsupported_host,
                         fmt::format("the bundle has no packages for {} on {}", printable(distribution.name), platform),
                         hint_for(manifest, distribution, platform),
                         {}});
  }
  const Candidates found =
      matching(manifest, [&](const auto& one) { return one.name == named && one.platform == platform; });
  if (found.empty()) {
    return Failure(
        Error{ExitCode::unsupported_host,
              fmt::format("the bundle has no {} for {}, which this host is", named, platform),
              fmt::format("it has {}", listed(matching(manifest, [&](const auto& one) { return one.name == named; }))),
              {}});
  }
  return found.front();
}

Result<const bundle::PackageRepository*> meant(const bundle::Manifest& manifest, const host::Host& host,
                                               const std::string& named, const std::string& platform) {
  KF_TRY(need_some(manifest));
  KF_TRY(need_name(manifest, named));
  const Candidates found = matching(manifest, [&](const auto& one) {
    return (named.empty() || one.name == named) && (platform.empty() || one.platform == platform);
  });
  if (found.size() == 1) {
    return found.front();
  }
  if (const auto own = platform.empty() ? userland_platform(host) : Result<std::string>(platform); own) {
    const Distribution distribution = read_distribution(host);
    for (const auto* one : found) {
      const bool mine =
          named.empty() ? bundle::find_repository(manifest.packages, distribution.id, distribution.version, *own) == one
                        : one->platform == *own;
      if (mine) {
        return one;
      }
    }
  }
  if (found.empty()) {
    return Failure(
        Error{ExitCode::usage,
              fmt::format("the bundle has no packages{} for {}", named.empty() ? "" : " called " + named, platform),
              fmt::format("it has {}", listed(matching(manifest, [](const auto&) { return true; }))),
              {}});
  }
  return Failure(Error{ExitCode::usage,
                       fmt::format("which packages? The bundle has {}", listed(found)),
                       "say --distribution NAME, --platform P, or both",
                       {}});
}

}  // namespace kubeferry::host_packages
