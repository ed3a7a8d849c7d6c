// SPDX-License-Identifier: Apache-2.0
#include "catalog_option.hpp"

#include <CLI/CLI.hpp>

namespace kubeferry::cli {

void CatalogOption::add_to(CLI::App& command) {
  command.add_option("--catalog", folder, "A folder with a catalog, instead of the one built in")->type_name("DIR");
}

Result<catalog::Catalog> CatalogOption::load() const {
  return folder.empty() ? catalog::Catalog::builtin() : catalog::Catalog::load(folder);
}

}  // namespace kubeferry::cli
