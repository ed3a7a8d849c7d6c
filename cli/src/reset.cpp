// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/node/install.hpp>

#include "command.hpp"
#include "node_options.hpp"
#include "output.hpp"

namespace kubeferry::cli {

namespace {

struct ResetOptions {
  bool yes = false;
  bool forget = false;
};

Status confirm(const ResetOptions& options) {
  if (options.yes) {
    return {};
  }
  if (::isatty(STDIN_FILENO) == 0) {
    return Failure(Error{ExitCode::usage,
                         "reset takes the cluster's data on this node with it; nobody is there to ask",
                         "say --yes",
                         {}});
  }
  std::fputs("This node's part of the cluster, its containers and etcd's data go for good. Go on? [y/N] ", stderr);
  std::string line;
  std::getline(std::cin, line);
  return line == "y" || line == "yes" ? Status() : fail(ExitCode::usage, "nothing was changed");
}

Status run_reset(const ResetOptions& options, const Context& context) {
  KF_TRY(need_root("reset"));
  const host::Host host = host::Host::local();
  if (!host.exists(steps::k_state_directory)) {
    return print("kubeferry has changed nothing on this host\n");
  }
  KF_TRY_ASSIGN(steps::Journal journal, steps::Journal::open(host));
  if (!journal.entries().empty()) {
    KF_TRY(confirm(options));
  }
  const std::size_t steps = journal.entries().size();
  KF_TRY(node::reset(host, {.forget = options.forget}, journal, talk_of(context)));
  return print(fmt::format("{} steps undone; this host is as it was before\n", steps));
}

}  // namespace

void add_reset(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("reset", "Undo on this host what init or join did, and nothing else");
  auto options = std::make_shared<ResetOptions>();
  command->add_flag("-y,--yes,--force", options->yes, "Do not ask");
  command->add_flag("--forget", options->forget,
                    "Also forget which bundles were accepted (rollback is not known then)");
  commands.on(
      command, [options](const Context& context) { return run_reset(*options, context); },
      "what is undone is in the journal; run the same command again to go on");
}

}  // namespace kubeferry::cli
