// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kubeferry::runtime {

/// How many bytes the string at the start of `text` (which starts with a quote of either kind) has, quotes included;
/// nothing when it does not end where it must.
[[nodiscard]] std::optional<std::size_t> toml_string_length(std::string_view text);

/// What a string of TOML, as it is written with its quotes, says; nothing when it is no string or has a bad escape.
[[nodiscard]] std::optional<std::string> decode_toml_string(std::string_view raw);

}  // namespace kubeferry::runtime
