// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include "builder_options.hpp"
#include "command.hpp"
#include "output.hpp"

namespace kubeferry::cli {

namespace {

struct LockOptions {
  BuilderOptions common;
  std::string output;
};

Status run_lock(const LockOptions& options, const Context& context) {
  KF_TRY_ASSIGN(const auto catalog, options.common.catalog.load());
  builder::LockRequest request;
  request.spec = options.common.spec;
  request.output =
      options.output.empty() ? builder::default_lock_path(request.spec) : std::filesystem::path(options.output);
  request.jobs = options.common.jobs;
  request.ask_kubeadm = options.common.ask_kubeadm();
  KF_TRY_ASSIGN(request.now, build_time());
  request.talk = talk_on(context.console);
  request.stop = context.stop;
  KF_TRY_ASSIGN(const auto report, builder::lock_spec(catalog, request));
  for (const auto& line : report.skipped) {
    context.console.warning("skipped: " + line);
  }
  std::string text;
  for (const auto& line : report.changed) {
    text += printable(line) + "\n";
  }
  std::size_t packages = 0;
  for (const auto& repository : report.lock.packages) {
    packages += repository.packages.size();
  }
  text += fmt::format("{}: {} images, {} downloads, {}{}\n", request.output.native(), report.lock.images.size(),
                      report.lock.downloads.size(), packages == 0 ? "" : fmt::format("{} packages, ", packages),
                      report.changed.empty() ? "nothing changed" : fmt::format("{} changed", report.changed.size()));
  return print(text);
}

}  // namespace

void add_lock(CLI::App& app, Commands& commands) {
  CLI::App* command =
      app.add_subcommand("lock", "Resolve every reference of a spec to a digest, and print what changed");
  auto options = std::make_shared<LockOptions>();
  options->common.add_to(*command);
  command->add_option("-o,--output", options->output, "The lock file; default: the spec's name with .lock")
      ->type_name("LOCK");
  commands.on(command, [options](const Context& context) { return run_lock(*options, context); });
}

}  // namespace kubeferry::cli
