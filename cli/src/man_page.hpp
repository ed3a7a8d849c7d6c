// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "command_tree.hpp"

namespace kubeferry::cli {

/// "kubeferry-key-generate.1": the file of a command's manual page.
[[nodiscard]] std::string man_page_file(const CommandText& command);

/// A command's page of section 1 in the language of man(7), as groff and mandoc read it; ASCII only. `date` is its
/// "2026-11-22", empty for a page without one. The program's own page also says what each exit status means.
[[nodiscard]] std::string man_page(const CommandText& command, std::string_view date);

}  // namespace kubeferry::cli
