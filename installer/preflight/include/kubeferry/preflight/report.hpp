// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/preflight/check.hpp>

// Findings for people and programs: init, join and preflight say the same.
namespace kubeferry::preflight {

/// A line for each finding (severity, name, what), what comes of it and the fix on indented lines below it, and one
/// line of verdict at the end. Made safe for a terminal.
[[nodiscard]] std::string report_text(std::span<const Finding> findings, Role role);

/// {"findings": [{"name", "severity", "what", "why", "fix", "ignored"}], "errors": n, "warnings": n}
[[nodiscard]] Json report_json(std::span<const Finding> findings);

/// ok, or an unsupported_host error that counts and names the errors; detail "findings" holds the names.
[[nodiscard]] Status verdict(std::span<const Finding> findings, Role role);

}  // namespace kubeferry::preflight
