// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry::steps {

/// A record as a line with its newline. Its last member, "crc32c", is over all that stands before it.
[[nodiscard]] std::string to_line(const Json& record);
/// The inverse, of a line without its newline; format error, which says what is wrong.
Result<Json> from_line(std::string_view line);

}  // namespace kubeferry::steps
