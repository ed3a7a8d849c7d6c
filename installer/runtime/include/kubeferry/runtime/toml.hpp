// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>

// Reading and changing single values of a TOML 1.0 text while every other byte stays as its owner wrote it.
namespace kubeferry::runtime {

/// {"plugins", "io.containerd.grpc.v1.cri", "sandbox_image"}
using TomlPath = std::vector<std::string>;

/// As TOML writes it: plugins."io.containerd.grpc.v1.cri".sandbox_image
[[nodiscard]] std::string toml_key(const TomlPath& path);
/// A basic string.
[[nodiscard]] std::string to_toml(std::string_view text);
[[nodiscard]] std::string to_toml(std::span<const std::string> list);

class TomlText {
public:
  /// format error "WHAT:LINE: …" for what is no TOML. Values are kept as they are written; only strings, booleans and
  /// arrays of strings are ever looked into.
  static Result<TomlText> parse(std::string text, std::string_view what);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  /// The value at `path` as it is written; nothing when it is not set. Inline tables count like others.
  [[nodiscard]] std::optional<std::string_view> raw(const TomlPath& path) const;
  /// Its string; nothing when it is not set or no string.
  [[nodiscard]] std::optional<std::string> string(const TomlPath& path) const;
  [[nodiscard]] std::optional<bool> boolean(const TomlPath& path) const;
  /// Strings of an array; nothing when it is not set or holds anything else.
  [[nodiscard]] std::optional<std::vector<std::string>> strings(const TomlPath& path) const;
  /// Whether there is a table, or a value, at or below `path`.
  [[nodiscard]] bool has(const TomlPath& path) const;
  /// Names of what is directly below `path`, in the order of the text.
  [[nodiscard]] std::vector<std::string> names_below(const TomlPath& path) const;

  /// Sets one value (`value` is TOML): where it stands, else in its table, else in a new table at the end. Changes
  /// nothing when the value says the same already. unsupported_host error, naming it, when its table is an inline table
  /// or an array of tables, to which nothing can be added in this way.
  Status set(const TomlPath& path, std::string_view value);

private:
  struct Value {
    TomlPath path;
    std::size_t table = 0;  ///< how many names of `path` its table header has
    std::size_t begin = 0;  ///< of the value
    std::size_t end = 0;
    std::size_t line_end = 0;  ///< after the newline of its statement
    bool inside = false;       ///< of an inline table
  };
  struct Header {
    TomlPath path;
    std::size_t begin = 0;  ///< of its line
    std::size_t line_end = 0;
    bool array = false;
  };
  class Scanner;

  [[nodiscard]] const Value* find(const TomlPath& path) const;
  Status insert(std::size_t at, std::string_view statement);
  Status replace(const Value& there, std::string_view value);
  Status check_open(const TomlPath& table) const;
  [[nodiscard]] std::size_t end_of_top() const;
  Status scan();

  std::string text_;
  std::string what_;
  std::vector<Value> values_;
  std::vector<Header> headers_;
};

}  // namespace kubeferry::runtime
