// SPDX-License-Identifier: Apache-2.0
#include "resolve_packages.hpp"

#include <algorithm>
#include <chrono>

#include "package_indexes.hpp"

namespace kubeferry::builder {

namespace {

packages::Format format_of(catalog::PackageFormat format) {
  return format == catalog::PackageFormat::deb ? packages::Format::deb : packages::Format::rpm;
}

/// As a URL has it: some names of files hold what a URL reads differently.
std::string url_path(std::string_view location) {
  std::string out;
  for (const char c : location) {
    out += c == '%' || c == '^' ? fmt::format("%{:02X}", static_cast<unsigned>(c)) : std::string(1, c);
  }
  return out;
}

/// What does not exist is skipped and said, or an error.
Status judge(std::string line, std::string hint, catalog::Missing missing, Collected& collected) {
  if (missing == catalog::Missing::skip) {
    collected.skipped(std::move(line));
    return {};
  }
  return Failure(Error{ExitCode::usage, std::move(line), std::move(hint), {}});
}

Result<std::optional<LockedRepository>> resolve_one(const catalog::PackageNeed& need, catalog::Missing missing,
                                                    IndexReader& reader, const ResolveOptions& options,
                                                    Collected& collected) {
  KF_TRY_ASSIGN(FetchedIndexes fetched, reader.read(need));
  if (fetched.indexes.empty()) {
    KF_TRY(judge(fmt::format("{} packages for {}: none of its suites has that architecture", need.name, need.platform),
                 "take the platform out of platforms, or say missing: skip", missing, collected));
    return std::optional<LockedRepository>();
  }
  for (const std::string& folder : fetched.without) {
    collected.warn(options, fmt::format("{} for {}: {} has nothing for it", need.name, need.platform, folder));
  }
  packages::ClosureRequest request;
  request.format = format_of(need.format);
  request.architecture = need.architecture;
  request.names = need.install;
  for (const FetchedIndex& index : fetched.indexes) {
    request.indexes.push_back({index.locked.url, index.text});
  }
  auto closure = packages::closure_of(request);
  if (!closure) {
    return Failure(std::move(closure.error()).prefixed(fmt::format("{} for {}", need.name, need.platform)));
  }
  if (!closure->unknown.empty()) {
    KF_TRY(
        judge(fmt::format("{} of {} for {}: in none of its repositories", fmt::join(closure->unknown, ", "), need.name,
                          need.platform),
              fmt::format("look for the name that {} gives it, name its repository, or say missing: skip", need.name),
              missing, collected));
  }
  if (closure->packages.empty()) {
    return std::optional<LockedRepository>();
  }
  LockedRepository locked;
  locked.name = need.name;
  locked.distribution = need.distribution;
  locked.version = need.version;
  locked.format = request.format;
  locked.platform = need.platform;
  locked.architecture = need.architecture;
  for (const std::string& name : need.install) {
    if (std::ranges::find(closure->unknown, name) == closure->unknown.end()) {
      locked.install.push_back(name);
    }
  }
  for (packages::Package& package : closure->packages) {
    std::string url = fmt::format("{}/{}", fetched.indexes[package.index].root, url_path(package.location));
    package.index = 0;
    locked.packages.push_back({std::move(url), std::move(package)});
  }
  for (FetchedIndex& index : fetched.indexes) {
    locked.indexes.push_back(std::move(index.locked));
  }
  return std::optional(std::move(locked));
}

}  // namespace

Result<std::vector<LockedRepository>> resolve_packages(const catalog::Needs& needs, catalog::Missing missing,
                                                       Upstream& upstream, const ResolveOptions& options,
                                                       Collected& collected) {
  // The clock and not the lock's time: a list that is outdated now is no better for SOURCE_DATE_EPOCH.
  IndexReader reader(upstream, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  std::vector<LockedRepository> repositories;
  // One after the other: a distribution's list takes some 150 MiB while it is solved.
  for (const catalog::PackageNeed& need : needs.packages) {
    if (options.stop.stop_requested()) {
      return fail(ExitCode::interrupted, "stopped");
    }
    KF_TRY_ASSIGN(auto locked, resolve_one(need, missing, reader, options, collected));
    if (locked) {
      repositories.push_back(std::move(*locked));
    }
  }
  return repositories;
}

}  // namespace kubeferry::builder
