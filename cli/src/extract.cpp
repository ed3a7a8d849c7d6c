// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/extract.hpp>

#include <array>
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/base/text.hpp>
#include <kubeferry/base/workers.hpp>

#include "bundle_options.hpp"
#include "command.hpp"
#include "output.hpp"
#include "policy_options.hpp"

namespace kubeferry::cli {

namespace {

struct ExtractOptions {
  std::string file;
  TrustOption trust;
  PolicyOptions policy;
  std::string directory;
  std::string platform;
  bool layout = false;
  bool files = false;
  bool packages = false;

  [[nodiscard]] bundle::ExtractWhat what() const {
    return layout     ? bundle::ExtractWhat::layout
           : files    ? bundle::ExtractWhat::files
           : packages ? bundle::ExtractWhat::packages
                      : bundle::ExtractWhat::everything;
  }
};

Status answer(const ExtractOptions& options, const bundle::ExtractResult& result, Format format) {
  if (format == Format::json) {
    Json out;
    out.set("directory", options.directory);
    out.set("filesWritten", result.files_written);
    out.set("bytesWritten", result.bytes_written);
    out.set("filesKept", result.files_kept);
    out.set("bytesKept", result.bytes_kept);
    return print_json(out);
  }
  return print(fmt::format("{}: {} files written ({}), {} were there already\n", printable(options.directory),
                           result.files_written, human_bytes(result.bytes_written), result.files_kept));
}

Status run_extract(const ExtractOptions& options, const Context& context) {
  bundle::ExtractOptions wanted{
      .directory = options.directory, .what = options.what(), .threads = usable_processors(), .stop = context.stop};
  KF_TRY_ASSIGN(wanted.platform, canonical_platform(options.platform));
  KF_TRY_ASSIGN(const auto bundle, options.trust.open(options.file));
  const std::array bundles = {bundle};
  KF_TRY_ASSIGN(bundle::TrustState state, options.policy.check(bundles));
  Result<bundle::ExtractResult> result = bundle::ExtractResult{};
  {
    Progress progress("extracting", 0, context.progress);
    wanted.progress = &progress;
    result = bundle::extract(*bundle, wanted);
  }
  KF_TRY(result);
  KF_TRY(options.policy.remember(std::move(state), bundles));
  return answer(options, *result, context.format);
}

}  // namespace

void add_extract(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("extract", "Write a bundle's content as an OCI layout and plain files");
  auto options = std::make_shared<ExtractOptions>();
  command->add_option("FILE", options->file, "The bundle")->required();
  options->trust.add_to(*command);
  command->add_option("--to", options->directory, "Where to; made when missing")->required()->type_name("DIR");
  command->add_option("--platform", options->platform, "Only what this platform needs")->type_name("P");
  auto* layout = command->add_flag("--layout", options->layout, "Only the images, as an OCI layout");
  auto* files =
      command->add_flag("--files", options->files, "Only the node files, below files/<platform>, and manifests")
          ->excludes(layout);
  command
      ->add_flag("--packages", options->packages, "Only the distributions' packages, below packages/<platform>/<name>")
      ->excludes(layout)
      ->excludes(files);
  options->policy.add_to(*command);
  commands.add_format(command);
  commands.on(
      command, [options](const Context& context) { return run_extract(*options, context); },
      "what was written is complete and is kept; run the same command again to go on");
}

}  // namespace kubeferry::cli
