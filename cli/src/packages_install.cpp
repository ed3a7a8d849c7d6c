// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/base/text.hpp>
#include <kubeferry/base/workers.hpp>
#include <kubeferry/host_packages/distribution.hpp>
#include <kubeferry/host_packages/install.hpp>

#include "bundle_options.hpp"
#include "node_options.hpp"
#include "output.hpp"
#include "packages.hpp"
#include "policy_options.hpp"
#include "site_options.hpp"

namespace kubeferry::cli {

namespace {

struct PackagesInstallOptions {
  std::string file;  ///< with a pack the first name, if anything
  std::string pack;
  std::vector<std::string> names;
  TrustOption trust;
  PolicyOptions policy;
  std::string distribution;
  std::string root;
  bool dry_run = false;
};

Status answer(const PackagesInstallOptions& options, const bundle::PackageRepository& repository,
              const host_packages::Outcome& outcome, Format format) {
  if (format == Format::json) {
    Json packages = Json::array();
    for (const auto& package : outcome.installed) {
      Json one;
      one.set("name", package.name).set("version", package.version);
      packages.push(std::move(one));
    }
    Json missing = Json::array();
    for (const auto& name : outcome.missing) {
      missing.push(name);
    }
    Json out;
    out.set("repository", repository.name).set("platform", repository.platform).set("dryRun", options.dry_run);
    Json left_out = Json::array();
    for (const auto& name : outcome.left_out) {
      left_out.push(name);
    }
    out.set("repaired", outcome.repaired).set("missing", std::move(missing)).set("leftOut", std::move(left_out));
    out.set("installed", std::move(packages));
    return print_json(out);
  }
  if (outcome.installed.empty() && (!options.dry_run || outcome.missing.empty())) {
    return print(outcome.repaired            ? "an interrupted installation was finished; nothing else to do\n"
                 : !outcome.left_out.empty() ? "nothing to do: what is not left out is installed already\n"
                                             : "nothing to do: all of it is installed already\n");
  }
  if (outcome.installed.empty()) {
    return print(fmt::format("would install {} from {}, and what that needs\n", fmt::join(outcome.missing, " "),
                             repository.name));
  }
  std::string text = fmt::format("{} {} packages from {}:\n", options.dry_run ? "would install" : "installed",
                                 outcome.installed.size(), repository.name);
  for (const auto& package : outcome.installed) {
    text += fmt::format("  {} {}\n", package.name, package.version);
  }
  return print(text);
}

Status install_and_answer(const PackagesInstallOptions& options, const bundle::Contents& contents,
                          const std::vector<std::string>& names, const Context& context,
                          const std::function<Status()>& remember) {
  KF_TRY_ASSIGN(const host::Host host, host_packages::host_below(options.root));
  KF_TRY_ASSIGN(const bundle::PackageRepository* repository,
                host_packages::for_host(*contents.manifest, host, options.distribution));
  KF_TRY_ASSIGN(const host_packages::Outcome outcome,
                install_packages(host, contents, *repository, {.names = names, .dry_run = options.dry_run}, context));
  if (!options.dry_run) {
    KF_TRY(remember());
  }
  return answer(options, *repository, outcome, context.format);
}

Status run_install_by_pack(const PackagesInstallOptions& options, const Context& context) {
  if (options.policy.asks_anything()) {
    return fail(ExitCode::usage,
                "--pack names the very bundle of its cluster: --audience, --stream, --min-sequence, --state, "
                "--allow-rollback and --allow-expired are for a FILE");
  }
  std::vector<std::string> names = options.names;
  if (!options.file.empty()) {
    names.insert(names.begin(), options.file);
  }
  KF_TRY_ASSIGN(const crypto::Keyset trust, options.trust.load());
  KF_TRY_ASSIGN(const source::JoinPack pack, source::read_join_pack(options.pack));
  KF_TRY_ASSIGN(const auto bundle, open_bundle_of(pack, trust, context));
  return install_and_answer(options, contents_of(*bundle), names, context, [] { return Status(); });
}

Status run_install(const PackagesInstallOptions& options, const Context& context) {
  KF_TRY(need_root("packages install"));
  if (!options.pack.empty()) {
    return run_install_by_pack(options, context);
  }
  if (options.file.empty()) {
    return Failure(Error{ExitCode::usage,
                         "the bundle is missing",
                         "give its FILE, or --pack with a join pack: then the packages come from the cluster's nodes",
                         {}});
  }
  KF_TRY_ASSIGN(const auto bundle, options.trust.open(options.file));
  const std::array bundles = {bundle};
  KF_TRY_ASSIGN(bundle::TrustState state, options.policy.check(bundles));
  return install_and_answer(options, bundle::contents_of(*bundle), options.names, context,
                            [&] { return options.policy.remember(std::move(state), bundles); });
}

}  // namespace

bundle::Contents contents_of(const source::RemoteBundle& bundle) {
  return {&bundle.manifest(), [&bundle](const crypto::Digest& digest) { return bundle.stream(digest); }};
}

Result<std::shared_ptr<const source::RemoteBundle>> open_bundle_of(const source::JoinPack& pack,
                                                                   const crypto::Keyset& trust,
                                                                   const Context& context) {
  source::RemoteOptions options = source::remote_options(pack, trust);
  options.credentials = user_credentials();
  options.stop = context.stop;
  options.warning = talk_of(context).warning;
  return source::remote(std::move(options));
}

Result<host_packages::Outcome> install_packages(const host::Host& host, const bundle::Contents& bundle,
                                                const bundle::PackageRepository& repository,
                                                host_packages::InstallOptions options, const Context& context) {
  const node::Talk talk = talk_of(context);
  options.threads = usable_processors();
  options.progress = context.progress;
  options.info = talk.info;
  options.program = talk.program;
  options.stop = context.stop;
  return host_packages::install(host, bundle, repository, options);
}

void add_packages_install(CLI::App& packages, Commands& commands) {
  CLI::App* command = packages.add_subcommand(
      "install", "Install them by the host's own package manager, from the bundle and nowhere else");
  auto options = std::make_shared<PackagesInstallOptions>();
  command->add_option("FILE", options->file, "The bundle, where there is no --pack");
  command->add_option("NAME", options->names, "Which packages; default: those that the bundle was built for");
  options->trust.add_to(*command);
  command
      ->add_option("--pack", options->pack,
                   "The join pack of a cluster: the packages come from its nodes, as the rest does in `join`")
      ->type_name("PACK");
  command
      ->add_option("--distribution", options->distribution,
                   "Take these packages, whatever this host says it is; `packages list` has the names")
      ->type_name("NAME");
  command->add_option("--root", options->root, "Install into the system below this folder, by chroot")
      ->type_name("DIR");
  command->add_flag("--dry-run", options->dry_run, "Say what would be installed, and install nothing");
  options->policy.add_to(*command);
  commands.add_format(command);
  commands.on(
      command, [options](const Context& context) { return run_install(*options, context); },
      "run the same command again to go on");
}

}  // namespace kubeferry::cli
