// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <kubeferry/host/host.hpp>

// What must be remembered of a unit from run to run, below k_state_directory/units: the revision it was started with.
namespace kubeferry::steps {

/// `what`: "revision" or "files".
Result<std::optional<std::string>> unit_note(const host::Host& host, const std::string& unit, std::string_view what);
Status write_unit_note(const host::Host& host, const std::string& unit, std::string_view what, std::string_view text);
Status forget_unit_note(const host::Host& host, const std::string& unit, std::string_view what);

}  // namespace kubeferry::steps
