// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <kubeferry/runtime/toml.hpp>

namespace kubeferry::runtime {

/// Goes through a text once and notes where its headers and values stand.
class TomlText::Scanner {
public:
  Scanner(std::string_view text, std::string_view what, std::vector<Value>& values, std::vector<Header>& headers)
      : text_(text), what_(what), values_(values), headers_(headers) {}

  Status run();

private:
  [[nodiscard]] Failure wrong(std::string_view problem) const;
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c);  ///< whether it stood there
  void skip_blanks();
  void skip_comment();
  void skip_everything();  ///< blanks, comments and newlines
  Result<std::size_t> end_of_line();
  Result<TomlPath> key();
  Status header();
  Status statement(const TomlPath& table);
  Status value(const TomlPath& path, std::size_t depth);
  Status array(std::size_t depth);
  Status inline_table(const TomlPath& path, std::size_t depth);
  Status scalar();

  std::string_view text_;
  std::string_view what_;
  std::vector<Value>& values_;
  std::vector<Header>& headers_;
  std::size_t at_ = 0;
};

}  // namespace kubeferry::runtime
