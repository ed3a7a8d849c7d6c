// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <kubeferry/base/result.hpp>
#include <kubeferry/catalog/catalog.hpp>

#include "command.hpp"

namespace kubeferry::cli {

/// `--catalog DIR`: which catalog a command believes.
struct CatalogOption {
  std::string folder;  ///< empty: the one built in

  void add_to(CLI::App& command);
  /// Errors as catalog::Catalog::load.
  [[nodiscard]] Result<catalog::Catalog> load() const;
};

}  // namespace kubeferry::cli
