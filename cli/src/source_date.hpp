// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <kubeferry/base/result.hpp>
#include <kubeferry/base/text.hpp>

namespace kubeferry::cli {

/// The moment that the environment's SOURCE_DATE_EPOCH names (https://reproducible-builds.org/specs/source-date-epoch);
/// nothing when it is not set. usage error when it is no number of seconds, or later than the year 9999.
Result<std::optional<TimePoint>> source_date();

}  // namespace kubeferry::cli
