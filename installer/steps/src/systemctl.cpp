// SPDX-License-Identifier: Apache-2.0
#include "systemctl.hpp"

#include <chrono>
#include <thread>

#include <kubeferry/base/text.hpp>

namespace kubeferry::steps {

namespace {

using std::chrono::steady_clock;

// A unit's own limit is 90 s unless it says otherwise; ours only ends what would hang.
constexpr std::chrono::seconds k_longest_call{300};
constexpr std::chrono::seconds k_longest_start{120};
constexpr std::chrono::milliseconds k_pause{100};

std::string last_log_lines(const host::Host& host, const std::string& unit) {
  const auto program = host.program("journalctl");
  if (!program) {
    return {};
  }
  const auto output = host.output_of({*program, "-u", unit, "-n", "20", "--no-pager"});
  return output ? *output : "";
}

Failure does_not_start(const host::Host& host, const std::string& unit, std::string_view why) {
  const std::string log = last_log_lines(host, unit);
  Error error{ExitCode::io, fmt::format("{} does not start: {}", unit, why), {}, {}};
  if (log.empty()) {
    error.hint = fmt::format("look at: systemctl status {}", unit);
    return Failure(std::move(error));
  }
  error.hint = fmt::format("its last log lines (journalctl -u {}):", unit);
  for (const auto line : split(trim(log), '\n')) {
    error.hint += fmt::format("\n    {}", printable(line));
  }
  return Failure(std::move(error).with_detail("log", log));
}

Status wait_until_active(const host::Host& host, const std::string& unit) {
  const auto deadline = steady_clock::now() + k_longest_start;
  for (;;) {
    KF_TRY_ASSIGN(const std::string state, activity(host, unit));
    if (state == "active" || state == "reloading") {
      return {};
    }
    if (state != "activating" || steady_clock::now() > deadline) {
      return does_not_start(host, unit, fmt::format("it is {}", state));
    }
    std::this_thread::sleep_for(k_pause);
  }
}

}  // namespace

Result<ProcessOutput> systemctl(const host::Host& host, std::vector<std::string> arguments) {
  const auto program = host.program("systemctl");
  if (!program) {
    return Failure(Error{ExitCode::unsupported_host,
                         "there is no systemctl on this host",
                         "kubeferry installs services on hosts with systemd only",
                         {}});
  }
  arguments.insert(arguments.begin(), *program);
  return host.run(Command{.argv = std::move(arguments), .timeout = k_longest_call});
}

Status must_systemctl(const host::Host& host, std::vector<std::string> arguments) {
  KF_TRY_ASSIGN(const ProcessOutput output, systemctl(host, arguments));
  if (output.exit_status != 0) {
    return fail(ExitCode::io, "systemctl {}: {}", fmt::join(arguments, " "),
                host::last_line(output.err.empty() ? output.out : output.err));
  }
  return {};
}

Result<std::string> enablement(const host::Host& host, const std::string& unit) {
  KF_TRY_ASSIGN(const ProcessOutput output, systemctl(host, {"is-enabled", unit}));
  const auto word = trim(output.out);
  return std::string(word.empty() ? "not-found" : word.substr(0, word.find('\n')));
}

Result<std::string> activity(const host::Host& host, const std::string& unit) {
  KF_TRY_ASSIGN(const ProcessOutput output, systemctl(host, {"is-active", unit}));
  const auto word = trim(output.out);
  return std::string(word.empty() || word == "unknown" ? "inactive" : word.substr(0, word.find('\n')));
}

bool counts_as_enabled(const std::string& enablement) {
  return enablement == "enabled" || enablement == "static" || enablement == "alias" || enablement == "indirect" ||
         enablement == "generated";
}

Status start_unit(const host::Host& host, const std::string& unit) {
  KF_TRY_ASSIGN(const std::string state, activity(host, unit));
  if (state == "failed") {
    // Else a unit that failed too often would be refused for that alone.
    KF_TRY(systemctl(host, {"reset-failed", unit}));
  }
  const bool runs = state == "active" || state == "activating" || state == "reloading";
  KF_TRY_ASSIGN(const ProcessOutput output, systemctl(host, {runs ? "restart" : "start", unit}));
  if (output.exit_status != 0) {
    return does_not_start(host, unit, host::last_line(output.err.empty() ? output.out : output.err));
  }
  return wait_until_active(host, unit);
}

}  // namespace kubeferry::steps
