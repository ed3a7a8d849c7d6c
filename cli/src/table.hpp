// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace kubeferry::cli {

/// Rows for a person: columns aligned, two spaces between them, no lines drawn, so that cut and awk work too.
/// Cells are made safe for a terminal.
class Table {
public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// As many cells as there are columns.
  void row(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// Title line and rows. A cell wider than 72 characters moves only its own line.
  [[nodiscard]] std::string text() const;

private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// "name:     value" lines with the values aligned; pairs without value are left out.
[[nodiscard]] std::string facts(const std::vector<std::pair<std::string, std::string>>& pairs);

}  // namespace kubeferry::cli
