// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/node/doctor.hpp>

#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/preflight/report.hpp>

#include "command.hpp"
#include "node_status.hpp"
#include "output.hpp"

namespace kubeferry::cli {

namespace {

struct DoctorOptions {
  std::string archive;
};

std::string findings_text(const std::vector<preflight::Finding>& findings) {
  std::string text;
  for (const auto& finding : findings) {
    if (finding.severity != preflight::Severity::info) {
      text += fmt::format("{} {}: {}\n", preflight::to_string(finding.severity), finding.name, printable(finding.what));
      text += finding.fix.empty() ? "" : fmt::format("  {}\n", printable(finding.fix));
    }
  }
  return text;
}

Status run_doctor(const DoctorOptions& options, const Context& context) {
  const host::Host host = host::Host::local();
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  KF_TRY_ASSIGN(const node::NodeStatus status, read_status(host, "doctor", now));
  KF_TRY_ASSIGN(const steps::Journal journal, steps::Journal::peek(host));
  const auto findings = node::findings_of(host, journal);
  if (!options.archive.empty()) {
    KF_TRY(node::write_support_archive(options.archive, node::collect(host, status, findings)));
  }
  if (context.format == Format::json) {
    Json out;
    out.set("status", node::to_json(status)).set("preflight", preflight::report_json(findings));
    out.set("archive", options.archive.empty() ? Json() : Json(options.archive));
    KF_TRY(print_json(out));
    return verdict(status);
  }
  std::string text = node::to_text(status, now) + findings_text(findings);
  if (!options.archive.empty()) {
    text += fmt::format(
        "{} holds what was found, with secrets taken out as far as they are known; look through it before "
        "you give it away\n",
        options.archive);
  }
  KF_TRY(print(text));
  return verdict(status);
}

}  // namespace

void add_doctor(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("doctor", "Status and what to do about it; collects what others need to help");
  auto options = std::make_shared<DoctorOptions>();
  command->add_option("--bundle-up", options->archive, "Write logs, configuration and state here, without secrets")
      ->type_name("FILE.tar.zst");
  commands.add_format(command);
  commands.on(command, [options](const Context& context) { return run_doctor(*options, context); });
}

}  // namespace kubeferry::cli
