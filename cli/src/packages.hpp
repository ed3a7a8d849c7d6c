// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <kubeferry/bundle/bundle.hpp>

#include "command.hpp"

namespace kubeferry::cli {

/// A row for each package repository of the bundle, after an empty line; nothing when it has none.
[[nodiscard]] std::string repositories_table(const bundle::Bundle& bundle);

/// `packages install`.
void add_packages_install(CLI::App& packages, Commands& commands);

}  // namespace kubeferry::cli
