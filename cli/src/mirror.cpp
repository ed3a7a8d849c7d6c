// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/installer/mirror.hpp>

#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/base/text.hpp>
#include <kubeferry/bundle/json_fields.hpp>
#include <kubeferry/installer/mirror_files.hpp>

#include "bundle_options.hpp"
#include "command.hpp"
#include "output.hpp"
#include "policy_options.hpp"
#include "site_options.hpp"
#include "table.hpp"
#include "user_file.hpp"

namespace kubeferry::cli {

namespace {

constexpr std::uint64_t k_largest_ca_bundle = std::uint64_t{4} << 20;

struct MirrorOptions {
  std::vector<std::string> arguments;  ///< bundles, and the target last
  TrustOption trust;
  PolicyOptions policy;
  std::string ca;
  bool plain_http = false;
  std::vector<std::string> platforms;
  std::string index = "auto";
  std::vector<std::string> maps;
  bool keep_host = false;
  bool with_bundle = false;
  bool dry_run = false;
  std::size_t jobs = 8;
  std::string directory;
};

Result<installer::MirrorOptions> mirror_options(const MirrorOptions& options, const Context& context) {
  installer::MirrorOptions wanted;
  KF_TRY_ASSIGN(wanted.target, installer::MirrorTarget::parse(options.arguments.back()));
  wanted.endpoint.ca = options.ca;
  wanted.endpoint.plain_http = options.plain_http;
  wanted.credentials = user_credentials();
  for (const auto& text : options.platforms) {
    KF_TRY_ASSIGN(const std::string name, canonical_platform(text));
    KF_TRY_ASSIGN(oci::Platform platform, oci::Platform::parse(name));
    wanted.platforms.push_back(std::move(platform));
  }
  KF_TRY_ASSIGN(wanted.index, installer::parse_index_mode(options.index));
  for (const auto& text : options.maps) {
    KF_TRY_ASSIGN(installer::PathRule rule, installer::PathRule::parse(text));
    wanted.paths.rules.push_back(std::move(rule));
  }
  wanted.paths.keep_host = options.keep_host ? installer::KeepHost::yes : installer::KeepHost::no;
  wanted.bundles = options.with_bundle ? installer::Bundles::too : installer::Bundles::no;
  wanted.dry_run = options.dry_run ? installer::DryRun::yes : installer::DryRun::no;
  wanted.jobs = options.jobs;
  wanted.stop = context.stop;
  wanted.detail = [&context](std::string_view line) { context.console.detail(line); };
  wanted.warning = [&context](std::string_view line) { context.console.warning(line); };
  return wanted;
}

Json result_json(const installer::MirrorResult& result, bool dry_run) {
  Json rows = Json::array();
  for (const auto& row : result.rows) {
    Json one;
    one.set("source", row.source);
    one.set("target", row.target);
    one.set("sourceDigest", row.source_digest.to_string());
    one.set("targetDigest", row.target_digest.to_string());
    one.set("status", installer::to_string(row.status));
    rows.push(std::move(one));
  }
  Json missing = Json::array();
  for (const auto& item : result.missing) {
    Json one;
    one.set("name", item.name);
    one.set("reason", item.reason);
    missing.push(std::move(one));
  }
  Json out;
  out.set("dryRun", dry_run);
  out.set("mapping", std::move(rows));
  out.set("missing", std::move(missing));
  out.set("skipped", bundle::to_json(result.skipped));
  out.set("blobsPushed", result.blobs_pushed);
  out.set("blobsMounted", result.blobs_mounted);
  out.set("blobsPresent", result.blobs_present);
  out.set("manifestsPushed", result.manifests_pushed);
  out.set("manifestsPresent", result.manifests_present);
  out.set("bytesPushed", result.bytes_pushed);
  return out;
}

std::string result_text(const installer::MirrorResult& result, bool dry_run) {
  Table table({{"SOURCE"}, {"TARGET"}, {"DIGEST"}, {"STATUS"}});
  for (const auto& row : result.rows) {
    table.row({row.source, row.target, short_digest(row.target_digest.to_string()),
               std::string(installer::to_string(row.status))});
  }
  Table missing({{dry_run ? "WOULD BE SENT" : "MISSING"}, {"WHY"}});
  for (const auto& item : result.missing) {
    missing.row({item.name, item.reason});
  }
  std::string text = table.empty() ? "" : table.text();
  text += missing.empty() ? "" : (text.empty() ? "" : "\n") + missing.text();
  for (const auto& reference : result.skipped) {
    text += fmt::format("left out, not for these platforms: {}\n", printable(reference));
  }
  return text + "\n" +
         facts({{"blobs", fmt::format("{} pushed, {} mounted, {} there already", result.blobs_pushed,
                                      result.blobs_mounted, result.blobs_present)},
                {"manifests",
                 fmt::format("{} pushed, {} there already", result.manifests_pushed, result.manifests_present)},
                {"bytes sent", human_bytes(result.bytes_pushed)}});
}

Result<std::vector<std::shared_ptr<const bundle::Bundle>>> open_bundles(const MirrorOptions& options) {
  std::vector<std::shared_ptr<const bundle::Bundle>> bundles;
  for (std::size_t n = 0; n + 1 < options.arguments.size(); ++n) {
    KF_TRY_ASSIGN(auto opened, options.trust.open(options.arguments[n]));
    bundles.push_back(std::move(opened));
  }
  return bundles;
}

Status run_mirror(const MirrorOptions& options, const Context& context) {
  if (options.arguments.size() < 2) {
    return fail(ExitCode::usage, "mirror needs a bundle and where to: FILE HOST[:PORT][/PREFIX]");
  }
  KF_TRY_ASSIGN(installer::MirrorOptions wanted, mirror_options(options, context));
  KF_TRY_ASSIGN(const auto bundles, open_bundles(options));
  KF_TRY_ASSIGN(bundle::TrustState state, options.policy.check(bundles));
  Result<installer::MirrorResult> result = installer::MirrorResult{};
  {
    Progress progress("mirroring", 0, context.progress);
    wanted.progress = &progress;
    result = installer::mirror(bundles, wanted);
  }
  KF_TRY(result);
  if (!options.directory.empty()) {
    std::string ca;
    if (!options.ca.empty()) {
      KF_TRY_ASSIGN(ca, read_user_file(options.ca, k_largest_ca_bundle));
    }
    KF_TRY(installer::write_files(options.directory,
                                  installer::mirror_files(*result, wanted.target, options.plain_http, ca)));
  }
  KF_TRY(context.format == Format::json ? print_json(result_json(*result, options.dry_run))
                                        : print(result_text(*result, options.dry_run)));
  KF_TRY(result->verdict());
  return options.dry_run ? Status() : options.policy.remember(std::move(state), bundles);
}

}  // namespace

void add_mirror(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("mirror", "Copy a bundle into a registry, and check it there");
  auto options = std::make_shared<MirrorOptions>();
  command->add_option("FILE... TARGET", options->arguments, "The bundles, then HOST[:PORT][/PREFIX]")->required();
  options->trust.add_to(*command);
  command->add_option("--ca", options->ca, "CA certificate of the registry")->type_name("C");
  command->add_flag("--plain-http", options->plain_http, "The registry has no TLS");
  command->add_option("--platform", options->platforms, "Only this platform; several times for several")
      ->type_name("P")
      ->allow_extra_args(false);
  command
      ->add_option(
          "--index", options->index,
          "Indexes with platforms that are not mirrored: keep, filter, or auto (keep if the registry takes it)")
      ->type_name("keep|filter|auto");
  command->add_option("--map", options->maps, "Publish what is named SRC… as DST…; several times for several")
      ->type_name("SRC=DST")
      ->allow_extra_args(false);
  command->add_flag("--keep-host", options->keep_host, "Put the upstream registry's name in front of each path");
  command->add_flag("--with-bundle", options->with_bundle,
                    "Put the bundle itself there too, so that nodes can join from this registry");
  command->add_flag("--dry-run", options->dry_run, "Only say what would be sent, and under which names");
  command->add_option("-j,--jobs", options->jobs, "Transfers at once")
      ->check(CLI::Range(std::size_t{1}, k_most_jobs))
      ->type_name("N");
  command
      ->add_option("--write-to", options->directory,
                   "Write mapping, hosts.toml, registries.conf and the kubeadm snippet here")
      ->type_name("DIR");
  options->policy.add_to(*command);
  commands.add_format(command);
  commands.on(
      command, [options](const Context& context) { return run_mirror(*options, context); },
      "what was pushed stays; run the same command again to go on");
}

}  // namespace kubeferry::cli
