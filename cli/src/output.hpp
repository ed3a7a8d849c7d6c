// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry::cli {

/// Writes `text` to standard output as it is. io error when it cannot be written: an answer that did not arrive is a
/// failure, whatever the reason.
Status print(std::string_view text);

/// Writes an indented JSON document to standard output.
Status print_json(const Json& json);

/// An error as the one-line JSON document that `--output json` puts on standard error (docs/exit-codes.md).
[[nodiscard]] std::string error_document(const Error& error, int exit_status);

}  // namespace kubeferry::cli
