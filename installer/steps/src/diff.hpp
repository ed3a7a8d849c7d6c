// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace kubeferry::steps {

/// The change from `before` to `after` as diff -u writes it, with three lines of context; empty when there is none.
/// Texts too long to compare line by line in little memory are shown as replaced whole; bytes that are no text are not
/// shown ("Binary content differs").
[[nodiscard]] std::string unified_diff(std::string_view before, std::string_view after, std::string_view before_name,
                                       std::string_view after_name);

}  // namespace kubeferry::steps
