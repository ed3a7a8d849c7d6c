// SPDX-License-Identifier: Apache-2.0
#include "toml_scanner.hpp"

#include <algorithm>

#include "toml_string.hpp"

namespace kubeferry::runtime {

namespace {

constexpr std::size_t k_deepest = 64;
constexpr std::string_view k_bare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

}  // namespace

Failure TomlText::Scanner::wrong(std::string_view problem) const {
  const auto line = std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n') + 1;
  return fail(ExitCode::format, "{}:{}: {}", what_, line, problem);
}

bool TomlText::Scanner::take(char c) {
  const bool there = at_ < text_.size() && text_[at_] == c;
  at_ += there ? 1 : 0;
  return there;
}

void TomlText::Scanner::skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t", at_), text_.size()); }

void TomlText::Scanner::skip_comment() {
  if (peek() == '#') {
    at_ = std::min(text_.find('\n', at_), text_.size());
  }
}

void TomlText::Scanner::skip_everything() {
  std::size_t before = text_.size() + 1;
  while (at_ != before) {
    before = at_;
    at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
    skip_comment();
  }
}

Result<std::size_t> TomlText::Scanner::end_of_line() {
  skip_blanks();
  skip_comment();
  take('\r');
  if (at_ < text_.size() && !take('\n')) {
    return wrong("something follows where a line must end");
  }
  return at_;
}

Result<TomlPath> TomlText::Scanner::key() {
  TomlPath path;
  do {
    skip_blanks();
    if (peek() == '"' || peek() == '\'') {
      const auto length = toml_string_length(text_.substr(at_));
      auto name = length ? decode_toml_string(text_.substr(at_, *length)) : std::nullopt;
      if (!name) {
        return wrong("a quoted key that is none");
      }
      path.push_back(std::move(*name));
      at_ += *length;
    } else {
      const auto end = std::min(text_.find_first_not_of(k_bare, at_), text_.size());
      if (end == at_) {
        return wrong("a key is missing");
      }
      path.emplace_back(text_.substr(at_, end - at_));
      at_ = end;
    }
    skip_blanks();
  } while (take('.'));
  return path;
}

Status TomlText::Scanner::header() {
  Header header;
  header.begin = text_.rfind('\n', at_) == std::string_view::npos ? 0 : text_.rfind('\n', at_) + 1;
  take('[');
  header.array = take('[');
  KF_TRY_ASSIGN(header.path, key());
  if (!take(']') || (header.array && !take(']'))) {
    return wrong("a table's name must end with ]");
  }
  KF_TRY_ASSIGN(header.line_end, end_of_line());
  headers_.push_back(std::move(header));
  return {};
}

Status TomlText::Scanner::scalar() {
  const std::size_t begin = at_;
  const auto end = std::min(text_.find_first_of(" \t\r\n,]}#", at_), text_.size());
  if (end == begin) {
    return wrong("a value is missing");
  }
  at_ = end;
  // A date may be parted from its time by a space.
  constexpr std::size_t k_date = 10;
  if (end - begin == k_date && text_[begin + 4] == '-' && text_[begin + 7] == '-' && peek() == ' ' &&
      at_ + 1 < text_.size() && text_[at_ + 1] >= '0' && text_[at_ + 1] <= '9') {
    at_ = std::min(text_.find_first_of(" \t\r\n,]}#", at_ + 1), text_.size());
  }
  return {};
}

Status TomlText::Scanner::array(std::size_t depth) {
  take('[');
  for (skip_everything(); !take(']'); skip_everything()) {
    KF_TRY(value({}, depth));
    skip_everything();
    if (!take(',') && peek() != ']') {
      return wrong("an array must go on with , or ]");
    }
  }
  return {};
}

Status TomlText::Scanner::inline_table(const TomlPath& path, std::size_t depth) {
  take('{');
  for (skip_blanks(); !take('}'); skip_blanks()) {
    KF_TRY_ASSIGN(const TomlPath name, key());
    if (!take('=')) {
      return wrong("a key must be followed by =");
    }
    skip_blanks();
    Value inner;
    inner.inside = true;
    inner.path = path;
    inner.path.insert(inner.path.end(), name.begin(), name.end());
    inner.begin = at_;
    KF_TRY(value(inner.path, depth));
    inner.end = at_;
    if (!path.empty()) {
      values_.push_back(std::move(inner));
    }
    skip_blanks();
    if (!take(',') && peek() != '}') {
      return wrong("an inline table must go on with , or }");
    }
  }
  return {};
}

/// `path` is empty inside arrays: nothing in there has a name.
Status TomlText::Scanner::value(const TomlPath& path, std::size_t depth) {
  if (depth == k_deepest) {
    return wrong("nested too deeply");
  }
  switch (peek()) {
    case '"':
    case '\'': {
      const auto length = toml_string_length(text_.substr(at_));
      if (!length) {
        return wrong("a string without an end");
      }
      at_ += *length;
      return {};
    }
    case '[': return array(depth + 1);
    case '{': return inline_table(path, depth + 1);
    default: return scalar();
  }
}

Status TomlText::Scanner::statement(const TomlPath& table) {
  Value value;
  value.path = table;
  value.table = table.size();
  KF_TRY_ASSIGN(const TomlPath name, key());
  value.path.insert(value.path.end(), name.begin(), name.end());
  if (!take('=')) {
    return wrong("a key must be followed by =");
  }
  skip_blanks();
  value.begin = at_;
  KF_TRY(this->value(value.path, 0));
  value.end = at_;
  KF_TRY_ASSIGN(value.line_end, end_of_line());
  values_.push_back(std::move(value));
  return {};
}

Status TomlText::Scanner::run() {
  for (skip_everything(); at_ < text_.size(); skip_everything()) {
    if (peek() == '[') {
      KF_TRY(header());
    } else {
      KF_TRY(statement(headers_.empty() ? TomlPath{} : headers_.back().path));
    }
  }
  return {};
}

}  // namespace kubeferry::runtime
