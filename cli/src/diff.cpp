// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/diff.hpp>

#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/base/text.hpp>

#include "bundle_options.hpp"
#include "command.hpp"
#include "output.hpp"
#include "table.hpp"

namespace kubeferry::cli {

namespace {

struct DiffOptions {
  std::string before;
  std::string after;
  TrustOption trust;
};

Json count_json(const bundle::BlobCount& count) {
  Json out;
  out.set("blobs", count.blobs);
  out.set("bytes", count.bytes);
  return out;
}

Json diff_json(const bundle::BundleDiff& result) {
  Json rows = Json::array();
  for (const auto& row : result.differences) {
    Json one;
    one.set("change", bundle::to_string(row.change));
    one.set("kind", row.kind);
    one.set("name", row.name);
    one.set("platform", row.platform);
    one.set("before", row.before);
    one.set("after", row.after);
    rows.push(std::move(one));
  }
  Json out;
  out.set("differences", std::move(rows));
  out.set("shared", count_json(result.shared));
  out.set("onlyBefore", count_json(result.only_before));
  out.set("onlyAfter", count_json(result.only_after));
  return out;
}

std::string diff_text(const bundle::BundleDiff& result) {
  Table table({{"CHANGE"}, {"KIND"}, {"NAME"}, {"PLATFORM"}, {"BEFORE"}, {"AFTER"}});
  for (const auto& row : result.differences) {
    table.row({std::string(bundle::to_string(row.change)), row.kind, row.name, row.platform, short_digest(row.before),
               short_digest(row.after)});
  }
  const auto count = [](const bundle::BlobCount& blobs) {
    return fmt::format("{} blobs, {}", blobs.blobs, human_bytes(blobs.bytes));
  };
  return (table.empty() ? "nothing differs\n" : table.text()) + "\n" +
         facts({{"in both", count(result.shared)},
                {"only in the first", count(result.only_before)},
                {"only in the second", count(result.only_after)}});
}

Status run_diff(const DiffOptions& options, const Context& context) {
  KF_TRY_ASSIGN(const auto before, options.trust.open(options.before));
  KF_TRY_ASSIGN(const auto after, options.trust.open(options.after));
  const auto result = bundle::diff(before->manifest(), after->manifest());
  return context.format == Format::json ? print_json(diff_json(result)) : print(diff_text(result));
}

}  // namespace

void add_diff(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("diff", "Show what differs between two bundles");
  auto options = std::make_shared<DiffOptions>();
  command->add_option("A", options->before, "The bundle there is")->required();
  command->add_option("B", options->after, "The bundle to come")->required();
  options->trust.add_to(*command);
  commands.add_format(command);
  commands.on(command, [options](const Context& context) { return run_diff(*options, context); });
}

}  // namespace kubeferry::cli
