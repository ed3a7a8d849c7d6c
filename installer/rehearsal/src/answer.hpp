// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry::rehearsal {

/// A value or an error as one document, for the way from one process to another; answer_of() is the inverse, and gives
/// a format error for what is none.
[[nodiscard]] Json answer_json(const Result<Json>& answer);
Result<Json> answer_of(std::string_view text);

}  // namespace kubeferry::rehearsal
