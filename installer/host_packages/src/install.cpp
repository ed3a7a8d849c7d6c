// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/host_packages/install.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>

#include "manager.hpp"

namespace kubeferry::host_packages {

namespace {

Status check_names(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (!bundle::is_package_name(name)) {
      return fail(ExitCode::usage, "\"{}\" is no name of a package", printable(name));
    }
  }
  return {};
}

std::vector<Package> news(const Packages& before, const Packages& after) {
  std::vector<Package> out;
  for (const auto& [name, version] : after) {
    if (const auto old = before.find(name); old == before.end() || old->second != version) {
      out.push_back({name, version});
    }
  }
  return out;
}

class Installation {
public:
  Installation(const bundle::Contents& bundle, const bundle::PackageRepository& repository,
               const InstallOptions& options)
      : bundle_(bundle), repository_(repository), options_(options) {}

  Result<Outcome> run(const host::Host& host) {
    KF_TRY(check_names(options_.names));
    const auto& names = options_.names.empty() ? repository_.install : options_.names;
    KF_TRY_ASSIGN(manager_, make_manager({host, std::string(k_folder), options_.program}, repository_));
    KF_TRY_ASSIGN(const bool broken, manager_->is_broken());
    if (broken) {
      KF_TRY(repair());
    }
    KF_TRY_ASSIGN(outcome_.missing, manager_->missing(names));
    if (outcome_.missing.empty()) {
      if (host.exists(k_folder)) {
        KF_TRY(Workplace::open(host));  // of a run that was killed; it goes when it is let go
      }
      return std::move(outcome_);
    }
    KF_TRY_ASSIGN(const Workplace place, Workplace::open(host));
    KF_TRY(extract(place));
    KF_TRY(manager_->prepare(repository_));
    KF_TRY(simulate());
    if (!options_.dry_run && !outcome_.missing.empty()) {
      KF_TRY(install());
    }
    return std::move(outcome_);
  }

private:
  void say(const std::string& line) const {
    if (options_.info) {
      options_.info(line);
    }
  }

  Status stopped() const {
    return options_.stop.stop_requested() ? fail(ExitCode::interrupted, "stopped before anything was installed")
                                          : Status();
  }

  Status repair() {
    if (options_.dry_run) {
      say("an installation was interrupted on this host; it would be finished first");
      return {};
    }
    say("an installation was interrupted on this host; finishing it first");
    outcome_.repaired = true;
    return manager_->repair();
  }

  Status extract(const Workplace& place) const {
    Progress progress("extracting", 0, options_.progress);
    KF_TRY(bundle::extract_repository(bundle_, repository_,
                                      {.directory = place.path() / "repository",
                                       .threads = options_.threads,
                                       .progress = &progress,
                                       .stop = options_.stop}));
    return stopped();
  }

  /// What nobody asked for by name is no reason to remove what the host has: chrony gives way to another time daemon.
  Status simulate() {
    auto would = manager_->simulate(outcome_.missing);
    if (!would && options_.names.empty() && is_in_the_way(would.error())) {
      std::erase_if(outcome_.missing, [this](const std::string& name) { return gives_way(name); });
      if (outcome_.missing.empty()) {
        return {};
      }
      would = manager_->simulate(outcome_.missing);
    }
    if (!would) {
      return Failure(std::move(would.error()));
    }
    outcome_.installed = std::move(*would);
    return {};
  }

  static bool is_in_the_way(const Error& error) {
    return std::ranges::any_of(error.detail, [](const auto& one) { return one.first == k_in_the_way; });
  }

  bool gives_way(const std::string& name) {
    const auto alone = manager_->simulate({&name, 1});
    if (alone || !is_in_the_way(alone.error())) {
      return false;
    }
    say(fmt::format("{} is left out: {}", name, alone.error().message));
    outcome_.left_out.push_back(name);
    return true;
  }

  /// From here on a signal waits: half an installation is worse than a late one.
  Status install() {
    KF_TRY(stopped());
    KF_TRY_ASSIGN(const Packages before, manager_->installed());
    say(fmt::format("installing {}", fmt::join(outcome_.missing, " ")));
    KF_TRY(manager_->install(outcome_.missing));
    KF_TRY_ASSIGN(const Packages after, manager_->installed());
    outcome_.installed = news(before, after);
    return {};
  }

  const bundle::Contents& bundle_;
  const bundle::PackageRepository& repository_;
  const InstallOptions& options_;
  std::unique_ptr<Manager> manager_;
  Outcome outcome_;
};

}  // namespace

Result<Outcome> install(const host::Host& host, const bundle::Contents& bundle,
                        const bundle::PackageRepository& repository, const InstallOptions& options) {
  return Installation(bundle, repository, options).run(host);
}

}  // namespace kubeferry::host_packages
