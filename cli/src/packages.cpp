// SPDX-License-Identifier: Apache-2.0
#include "packages.hpp"

#include <array>
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/base/text.hpp>
#include <kubeferry/base/workers.hpp>
#include <kubeferry/bundle/extract.hpp>
#include <kubeferry/host_packages/distribution.hpp>

#include "bundle_options.hpp"
#include "output.hpp"
#include "policy_options.hpp"
#include "table.hpp"

namespace kubeferry::cli {

namespace {

struct Amount {
  std::uint64_t packages = 0;
  std::uint64_t bytes = 0;
};

Amount amount_of(const bundle::Bundle& bundle, const bundle::PackageRepository& repository) {
  Amount amount;
  for (const auto& file : repository.files) {
    if (repository.is_package(file.path)) {
      ++amount.packages;
      amount.bytes += bundle.find(file.digest)->size;
    }
  }
  return amount;
}

Json repositories_json(const bundle::Bundle& bundle) {
  Json out = Json::array();
  for (const auto& repository : bundle.manifest().packages) {
    const Amount amount = amount_of(bundle, repository);
    Json distribution;
    distribution.set("id", repository.distribution).set("version", repository.distribution_version);
    Json names = Json::array();
    for (const auto& name : repository.install) {
      names.push(name);
    }
    Json one;
    one.set("name", repository.name).set("format", repository.format).set("platform", repository.platform);
    one.set("distribution", std::move(distribution)).set("install", std::move(names));
    one.set("packages", amount.packages).set("bytes", amount.bytes);
    out.push(std::move(one));
  }
  return out;
}

Status run_list(const std::string& file, const TrustOption& trust, const Context& context) {
  KF_TRY_ASSIGN(const auto bundle, trust.open(file));
  if (context.format == Format::json) {
    return print_json(repositories_json(*bundle));
  }
  const std::string table = repositories_table(*bundle);
  return print(table.empty() ? fmt::format("{}: carries no packages\n", printable(bundle->name())) : table.substr(1));
}

struct ExtractPackages {
  std::string file;
  TrustOption trust;
  PolicyOptions policy;
  std::string directory;
  std::string distribution;
  std::string platform;
};

Status answer(const ExtractPackages& options, const bundle::PackageRepository& repository,
              const bundle::ExtractResult& result, Format format) {
  std::error_code error;
  const std::filesystem::path directory = std::filesystem::canonical(options.directory, error);
  if (error) {
    return fail_errno(error.value(), options.directory);
  }
  const std::string source = host_packages::source_text(repository, directory.native());
  if (format == Format::json) {
    Json out;
    out.set("directory", directory.native()).set("repository", repository.name).set("platform", repository.platform);
    out.set("filesWritten", result.files_written).set("bytesWritten", result.bytes_written);
    out.set("filesKept", result.files_kept).set("bytesKept", result.bytes_kept).set("source", source);
    return print_json(out);
  }
  const std::string_view where =
      repository.format == bundle::k_deb ? "a file of /etc/apt/sources.list.d" : "a file of the repositories' folder";
  return print(
      fmt::format("{}: {} for {}, {} files written ({}), {} were there already\n"
                  "To use it, put this into {}:\n\n{}",
                  printable(options.directory), repository.name, repository.platform, result.files_written,
                  human_bytes(result.bytes_written), result.files_kept, where, source));
}

Status run_extract(const ExtractPackages& options, const Context& context) {
  KF_TRY_ASSIGN(const std::string platform, canonical_platform(options.platform));
  KF_TRY_ASSIGN(const auto bundle, options.trust.open(options.file));
  const std::array bundles = {bundle};
  KF_TRY_ASSIGN(bundle::TrustState state, options.policy.check(bundles));
  KF_TRY_ASSIGN(const bundle::PackageRepository* repository,
                host_packages::meant(bundle->manifest(), host::Host::local(), options.distribution, platform));
  Result<bundle::ExtractResult> result = bundle::ExtractResult{};
  {
    Progress progress("extracting", 0, context.progress);
    result = bundle::extract_repository(
        bundle::contents_of(*bundle), *repository,
        {.directory = options.directory, .threads = usable_processors(), .progress = &progress, .stop = context.stop});
  }
  KF_TRY(result);
  KF_TRY(options.policy.remember(std::move(state), bundles));
  return answer(options, *repository, *result, context.format);
}

void add_list(CLI::App& packages, Commands& commands) {
  CLI::App* command =
      packages.add_subcommand("list", "Say for which distributions and platforms a bundle has packages");
  auto file = std::make_shared<std::string>();
  auto trust = std::make_shared<TrustOption>();
  command->add_option("FILE", *file, "The bundle")->required();
  trust->add_to(*command);
  commands.add_format(command);
  commands.on(command, [file, trust](const Context& context) { return run_list(*file, *trust, context); });
}

void add_extract_packages(CLI::App& packages, Commands& commands) {
  CLI::App* command =
      packages.add_subcommand("extract", "Write a distribution's packages as a repository for its package manager");
  auto options = std::make_shared<ExtractPackages>();
  command->add_option("FILE", options->file, "The bundle")->required();
  options->trust.add_to(*command);
  command->add_option("--to", options->directory, "Where to; made when missing")->required()->type_name("DIR");
  command->add_option("--distribution", options->distribution, "Which packages; default: those for this host")
      ->type_name("NAME");
  command->add_option("--platform", options->platform, "For which platform; default: this host's")->type_name("P");
  options->policy.add_to(*command);
  commands.add_format(command);
  commands.on(
      command, [options](const Context& context) { return run_extract(*options, context); },
      "what was written is complete and is kept; run the same command again to go on");
}

}  // namespace

std::string repositories_table(const bundle::Bundle& bundle) {
  Table table({{"PACKAGES FOR"},
               {"PLATFORM"},
               {"FORMAT"},
               {"PACKAGES", Table::Align::right},
               {"SIZE", Table::Align::right},
               {"TO INSTALL"}});
  for (const auto& repository : bundle.manifest().packages) {
    const Amount amount = amount_of(bundle, repository);
    table.row({repository.name, repository.platform, repository.format, std::to_string(amount.packages),
               human_bytes(amount.bytes), fmt::format("{}", fmt::join(repository.install, " "))});
  }
  return table.empty() ? "" : "\n" + table.text();
}

void add_packages(CLI::App& app, Commands& commands) {
  CLI::App* packages = app.add_subcommand("packages", "Show, unpack and install the packages of operating systems");
  packages->require_subcommand(1);
  add_list(*packages, commands);
  add_extract_packages(*packages, commands);
  add_packages_install(*packages, commands);
}

}  // namespace kubeferry::cli
