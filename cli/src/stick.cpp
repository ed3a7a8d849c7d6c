// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/builder/stick.hpp>

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/base/text.hpp>
#include <kubeferry/base/workers.hpp>
#include <kubeferry/bundle/json_fields.hpp>

#include "bundle_options.hpp"
#include "command.hpp"
#include "output.hpp"
#include "table.hpp"

namespace kubeferry::cli {

namespace {

struct StickOptions {
  std::string file;
  TrustOption trust;
  std::string directory;
};

const builder::StickFile* bootstrap_of(const builder::StickResult& result) {
  const auto found = std::ranges::find(result.files, builder::k_bootstrap, &builder::StickFile::name);
  return found == result.files.end() ? nullptr : &*found;
}

Json to_json(const StickOptions& options, const builder::StickResult& result) {
  Json files = Json::array();
  for (const builder::StickFile& file : result.files) {
    Json one;
    one.set("name", file.name);
    one.set("bytes", file.size);
    one.set("digest", file.digest.to_string());
    one.set("kept", file.kept);
    files.push(std::move(one));
  }
  const builder::StickFile* script = bootstrap_of(result);
  Json out;
  out.set("directory", options.directory);
  out.set("files", std::move(files));
  out.set("bootstrapDigest", script != nullptr ? Json(script->digest.to_string()) : Json());
  out.set("withoutProgram", bundle::to_json(result.absent));
  return out;
}

Status answer(const StickOptions& options, const builder::StickResult& result, const Context& context) {
  if (!result.absent.empty()) {
    context.console.warning(
        fmt::format("the bundle carries no kubeferry for {} (docs/carrying.md)", fmt::join(result.absent, ", ")));
  }
  if (context.format == Format::json) {
    return print_json(to_json(options, result));
  }
  Table table({{"FILE"}, {"SIZE", Table::Align::right}, {""}});
  for (const builder::StickFile& file : result.files) {
    table.row({file.name, human_bytes(file.size), file.kept ? "was there already" : "written, and read back"});
  }
  std::string text = table.text();
  if (const builder::StickFile* script = bootstrap_of(result)) {
    text += fmt::format(
        "\nOn the other side `sh {0} verify {1} --trust KEY.pub` runs what is right for the machine. Write this down,\n"
        "or send it another way than the medium; there, `sha256sum {0}` must print it:\n\n  {2}\n",
        builder::k_bootstrap, printable(result.files.front().name), script->digest.hex());
  }
  return print(text);
}

Status run_stick(const StickOptions& options, const Context& context) {
  KF_TRY_ASSIGN(const auto bundle, options.trust.open(options.file));
  Result<builder::StickResult> result = builder::StickResult{};
  {
    Progress progress("carrying", 0, context.progress);
    result = builder::stick(
        *bundle,
        {.directory = options.directory, .threads = usable_processors(), .progress = &progress, .stop = context.stop});
  }
  KF_TRY(result);
  return answer(options, *result, context);
}

}  // namespace

void add_stick(CLI::App& app, Commands& commands) {
  CLI::App* command =
      app.add_subcommand("stick", "Put a bundle and all that a bare machine needs to use it onto a medium");
  auto options = std::make_shared<StickOptions>();
  command->add_option("FILE", options->file, "The bundle")->required();
  options->trust.add_to(*command);
  command->add_option("--to", options->directory, "A directory on the medium; made when missing")
      ->required()
      ->type_name("DIR");
  commands.add_format(command);
  commands.on(
      command, [options](const Context& context) { return run_stick(*options, context); },
      "files that were written are complete; run the same command again to go on");
}

}  // namespace kubeferry::cli
