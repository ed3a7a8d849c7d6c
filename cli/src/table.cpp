// SPDX-License-Identifier: Apache-2.0
#include "table.hpp"

#include <algorithm>

#include <kubeferry/base/text.hpp>

namespace kubeferry::cli {

namespace {

constexpr std::size_t k_widest = 72;

/// Code points, which is columns for what names of images and files are made of.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string padded(const std::string& cell, std::size_t to, Table::Align align) {
  const std::string space(to > width(cell) ? to - width(cell) : 0, ' ');
  return align == Table::Align::left ? cell + space : space + cell;
}

}  // namespace

void Table::row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (auto& cell : cells) {
    cell = printable(cell);
  }
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::string> titles;
  std::vector<std::size_t> widths;
  for (std::size_t n = 0; n < columns_.size(); ++n) {
    titles.push_back(columns_[n].title);
    std::size_t widest = width(columns_[n].title);
    for (const auto& cells : rows_) {
      widest = std::max(widest, width(cells[n]));
    }
    widths.push_back(std::min(widest, k_widest));
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t n = 0; n < cells.size(); ++n) {
      text += (n == 0 ? "" : "  ") + padded(cells[n], widths[n], columns_[n].align);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line(titles);
  std::ranges::for_each(rows_, line);
  return out;
}

std::string facts(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::size_t widest = 0;
  for (const auto& [name, value] : pairs) {
    widest = std::max(widest, value.empty() ? 0 : name.size());
  }
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!value.empty()) {
      out += padded(name + ":", widest + 3, Table::Align::left) + printable(value) + "\n";
    }
  }
  return out;
}

}  // namespace kubeferry::cli
