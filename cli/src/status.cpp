// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/status.hpp>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "command.hpp"
#include "node_status.hpp"
#include "output.hpp"

namespace kubeferry::cli {

Result<node::NodeStatus> read_status(const host::Host& host, std::string_view command, TimePoint now) {
  if (!host.exists(steps::k_state_directory)) {
    return node::NodeStatus();
  }
  if (::geteuid() != 0) {
    return Failure(Error{ExitCode::unsupported_host,
                         fmt::format("{} reads {}, so it must be run by root", command, steps::k_state_directory),
                         "put sudo before it",
                         {}});
  }
  KF_TRY_ASSIGN(const steps::Journal journal, steps::Journal::peek(host));
  return node::status(host, journal, now);
}

Status verdict(const node::NodeStatus& status) {
  if (status.problems.empty()) {
    return {};
  }
  const std::size_t others = status.problems.size() - 1;
  return fail(ExitCode::io, "this node is not well: {}{}", status.problems.front(),
              others == 0 ? "" : fmt::format(" (and {} more)", others));
}

namespace {

Status run_status(const Context& context) {
  const host::Host host = host::Host::local();
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  KF_TRY_ASSIGN(const node::NodeStatus status, read_status(host, "status", now));
  KF_TRY(context.format == Format::json ? print_json(node::to_json(status)) : print(node::to_text(status, now)));
  return verdict(status);
}

}  // namespace

void add_status(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("status", "Say what is installed on this host and whether it is well");
  commands.add_format(command);
  commands.on(command, [](const Context& context) { return run_status(context); });
}

}  // namespace kubeferry::cli
