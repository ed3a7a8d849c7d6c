// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/preflight/report.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>

namespace kubeferry::preflight {

namespace {

std::uint64_t count(std::span<const Finding> findings, Severity severity) {
  return static_cast<std::uint64_t>(std::count_if(
      findings.begin(), findings.end(), [&](const Finding& finding) { return finding.severity == severity; }));
}

std::string counted(std::uint64_t number, std::string_view thing) {
  return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

std::vector<std::string> error_names(std::span<const Finding> findings) {
  std::vector<std::string> names;
  for (const auto& finding : findings) {
    if (finding.severity == Severity::error && std::find(names.begin(), names.end(), finding.name) == names.end()) {
      names.push_back(finding.name);
    }
  }
  return names;
}

std::string verdict_line(std::span<const Finding> findings, Role role) {
  const auto errors = count(findings, Severity::error);
  const auto warnings = count(findings, Severity::warning);
  if (errors > 0) {
    return fmt::format("this host cannot become {} yet: {}, {}\n", to_string(role), counted(errors, "error"),
                       counted(warnings, "warning"));
  }
  return fmt::format("this host can become {}{}\n", to_string(role),
                     warnings == 0 ? std::string() : fmt::format(", with {}", counted(warnings, "warning")));
}

}  // namespace

std::string report_text(std::span<const Finding> findings, Role role) {
  std::size_t width = 0;
  for (const auto& finding : findings) {
    width = std::max(width, finding.name.size());
  }
  std::string text;
  for (const auto& finding : findings) {
    text += fmt::format("{:<7}  {:<{}}  {}{}\n", to_string(finding.severity), printable(finding.name), width,
                        printable(finding.what), finding.ignored ? " (ignored)" : "");
    if (!finding.why.empty()) {
      text += fmt::format("         {}\n", printable(finding.why));
    }
    if (!finding.fix.empty()) {
      text += fmt::format("         fix: {}\n", printable(finding.fix));
    }
  }
  return text + verdict_line(findings, role);
}

Json report_json(std::span<const Finding> findings) {
  Json rows = Json::array();
  for (const auto& finding : findings) {
    Json row;
    row.set("name", finding.name);
    row.set("severity", to_string(finding.severity));
    row.set("what", finding.what);
    row.set("why", finding.why);
    row.set("fix", finding.fix);
    row.set("ignored", finding.ignored);
    rows.push(std::move(row));
  }
  Json out;
  out.set("findings", std::move(rows));
  out.set("errors", count(findings, Severity::error));
  out.set("warnings", count(findings, Severity::warning));
  return out;
}

Status verdict(std::span<const Finding> findings, Role role) {
  const auto names = error_names(findings);
  if (names.empty()) {
    return {};
  }
  return Failure(Error{
      ExitCode::unsupported_host,
      fmt::format("this host cannot become {} yet: {}", to_string(role), fmt::join(names, ", ")),
      fmt::format("do what the fixes say and run it again, or accept what you know better: --ignore {}", names.front()),
      {{"findings", fmt::format("{}", fmt::join(names, ","))}}});
}

}  // namespace kubeferry::preflight
