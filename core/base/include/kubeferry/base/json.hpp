// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <kubeferry/base/bytes.hpp>
#include <kubeferry/base/result.hpp>

namespace kubeferry {

/// A JSON value as I-JSON (RFC 7493) allows it and kubeferry needs it: integers only, object members in the order they
/// were written. A value type; cheap to move.
///
/// Why not the library's own type here: it would put a 25,000-line header in every room, and its accessors pick one of
/// two duplicate keys, wrap negative numbers and throw. Text is parsed by nlohmann's SAX parser, in one file.
class Json {
public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;                            ///< null
  Json(std::nullptr_t) {}                      // NOLINT(google-explicit-constructor): literals read as JSON
  Json(bool value) : value_(value) {}          // NOLINT(google-explicit-constructor)
  Json(std::int64_t value) : value_(value) {}  // NOLINT(google-explicit-constructor)
  Json(std::uint64_t value) : value_(static_cast<std::int64_t>(value)) {}  // NOLINT(google-explicit-constructor)
  Json(int value) : value_(static_cast<std::int64_t>(value)) {}            // NOLINT(google-explicit-constructor)
  Json(const char* value) : value_(std::string(value)) {}                  // NOLINT(google-explicit-constructor)
  Json(std::string_view value) : value_(std::string(value)) {}             // NOLINT(google-explicit-constructor)
  Json(std::string value) : value_(std::move(value)) {}                    // NOLINT(google-explicit-constructor)
  Json(Array value) : value_(std::move(value)) {}                          // NOLINT(google-explicit-constructor)
  Json(Object value) : value_(std::move(value)) {}                         // NOLINT(google-explicit-constructor)

  static Json array() { return Json(Array{}); }
  static Json object() { return Json(Object{}); }

  [[nodiscard]] bool is_null() const noexcept { return std::holds_alternative<std::nullptr_t>(value_); }
  [[nodiscard]] const bool* as_bool() const noexcept { return std::get_if<bool>(&value_); }
  [[nodiscard]] const std::int64_t* as_integer() const noexcept { return std::get_if<std::int64_t>(&value_); }
  [[nodiscard]] const std::string* as_string() const noexcept { return std::get_if<std::string>(&value_); }
  [[nodiscard]] const Array* as_array() const noexcept { return std::get_if<Array>(&value_); }
  [[nodiscard]] const Object* as_object() const noexcept { return std::get_if<Object>(&value_); }

  /// The member `key` of an object; null pointer when this is no object or has no such member.
  [[nodiscard]] const Json* find(std::string_view key) const noexcept;

  /// Appends a member to an object (a null value becomes an object first). The caller sees to uniqueness.
  Json& set(std::string key, Json value);
  /// Appends to an array (a null value becomes an array first).
  Json& push(Json value);

  [[nodiscard]] bool operator==(const Json&) const = default;

private:
  std::variant<std::nullptr_t, bool, std::int64_t, std::string, Array, Object> value_ = nullptr;
};

struct JsonLimits {
  std::uint64_t bytes = std::uint64_t{4} * 1024 * 1024;
  std::uint32_t depth = 32;
};

/// What parse_json does with numbers that are no integers: our own documents have none; those of others (annotations,
/// image configurations) may, and nobody here reads them.
enum class Floats { refused, become_null };

/// Parses one complete document. Duplicate keys, integers beyond ±(2^53 - 1), a byte order mark, ill-formed UTF-8,
/// lone surrogates, trailing bytes: format error with the byte offset. Too long or too deep: limit error.
/// `what` names the document in errors.
Result<Json> parse_json(std::string_view text, std::string_view what, JsonLimits limits = {},
                        Floats floats = Floats::refused);

enum class JsonStyle { compact, indented };

/// Integers beyond ± this are no JSON for us: what reads them as double loses them (RFC 8259, section 6).
inline constexpr std::int64_t k_largest_json_integer = (std::int64_t{1} << 53) - 1;

/// An array of strings.
[[nodiscard]] Json json_array(const std::vector<std::string>& texts);

/// Text of a value: members in order, `"` `\` and control characters escaped, the rest as UTF-8. Ends without newline
/// when compact, with one when indented. Deterministic.
[[nodiscard]] std::string to_text(const Json& value, JsonStyle style = JsonStyle::compact);

/// Typed access to a parsed document, with errors that say where: `manifest.blobs[3].size: must be …`.
/// Refers to the value, which must outlive it.
class JsonView {
public:
  JsonView(const Json& value, std::string path) : value_(&value), path_(std::move(path)) {}

  [[nodiscard]] const Json& value() const noexcept { return *value_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// format errors: missing member, wrong type, out of range.
  Result<JsonView> member(std::string_view key) const;
  [[nodiscard]] std::optional<JsonView> optional_member(std::string_view key) const;
  Result<std::string> string() const;
  Result<bool> boolean() const;
  Result<std::uint64_t> unsigned_integer() const;  ///< 0 … 2^53-1
  Result<std::vector<JsonView>> elements() const;
  Result<std::vector<std::pair<std::string, JsonView>>> members() const;

  Result<std::string> string(std::string_view key) const;
  Result<std::uint64_t> unsigned_integer(std::string_view key) const;
  Result<std::vector<JsonView>> elements(std::string_view key) const;
  Result<std::string> string_or(std::string_view key, std::string_view otherwise) const;

  /// format error when the object has a member that is not in `known`: what we sign, we understand.
  Status only(std::initializer_list<std::string_view> known) const;

  /// A format error at this place.
  [[nodiscard]] Failure wrong(std::string_view problem) const;

private:
  const Json* value_;
  std::string path_;
};

}  // namespace kubeferry
