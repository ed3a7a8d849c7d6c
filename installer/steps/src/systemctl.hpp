// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <kubeferry/host/host.hpp>

// systemctl(1): daemon-reload, enable, disable, start, restart, stop, reset-failed, is-enabled, is-active; no others.
namespace kubeferry::steps {

/// Runs `systemctl ARGUMENTS`, whatever its exit status. unsupported_host error when there is none.
Result<ProcessOutput> systemctl(const host::Host& host, std::vector<std::string> arguments);
/// io error with what it said last when its exit status is not 0.
Status must_systemctl(const host::Host& host, std::vector<std::string> arguments);

/// "enabled", "disabled", "static", "masked", …; "not-found" when there is no such unit.
Result<std::string> enablement(const host::Host& host, const std::string& unit);
/// "active", "inactive", "failed", "activating", …
Result<std::string> activity(const host::Host& host, const std::string& unit);

/// Whether a unit of that enablement comes up at boot as far as enabling it can help.
[[nodiscard]] bool counts_as_enabled(const std::string& enablement);

/// Starts (or, when it runs, restarts) the unit and waits until it is active. io error with its last log lines.
Status start_unit(const host::Host& host, const std::string& unit);

}  // namespace kubeferry::steps
