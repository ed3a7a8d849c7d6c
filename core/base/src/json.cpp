// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/json.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace kubeferry {

namespace {

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void new_line(std::string& out, JsonStyle style, int depth) {
  if (style == JsonStyle::indented) {
    out += '\n';
    out.append(static_cast<std::size_t>(depth) * 2, ' ');
  }
}

void append(std::string& out, const Json& value, JsonStyle style, int depth) {
  if (const auto* b = value.as_bool()) {
    out += *b ? "true" : "false";
  } else if (const auto* i = value.as_integer()) {
    out += std::to_string(*i);
  } else if (const auto* s = value.as_string()) {
    append_string(out, *s);
  } else if (const auto* a = value.as_array()) {
    out += '[';
    for (std::size_t n = 0; n < a->size(); ++n) {
      out += n == 0 ? "" : ",";
      new_line(out, style, depth + 1);
      append(out, (*a)[n], style, depth + 1);
    }
    if (!a->empty()) {
      new_line(out, style, depth);
    }
    out += ']';
  } else if (const auto* o = value.as_object()) {
    out += '{';
    for (std::size_t n = 0; n < o->size(); ++n) {
      out += n == 0 ? "" : ",";
      new_line(out, style, depth + 1);
      append_string(out, (*o)[n].first);
      out += style == JsonStyle::indented ? ": " : ":";
      append(out, (*o)[n].second, style, depth + 1);
    }
    if (!o->empty()) {
      new_line(out, style, depth);
    }
    out += '}';
  } else {
    out += "null";
  }
}

}  // namespace

const Json* Json::find(std::string_view key) const noexcept {
  const Object* object = as_object();
  if (object == nullptr) {
    return nullptr;
  }
  const auto found = std::find_if(object->begin(), object->end(), [&](const Member& m) { return m.first == key; });
  return found == object->end() ? nullptr : &found->second;
}

Json& Json::set(std::string key, Json value) {
  if (is_null()) {
    value_ = Object{};
  }
  std::get<Object>(value_).emplace_back(std::move(key), std::move(value));
  return *this;
}

Json& Json::push(Json value) {
  if (is_null()) {
    value_ = Array{};
  }
  std::get<Array>(value_).push_back(std::move(value));
  return *this;
}

Json json_array(const std::vector<std::string>& texts) {
  Json array = Json::array();
  for (const std::string& text : texts) {
    array.push(text);
  }
  return array;
}

std::string to_text(const Json& value, JsonStyle style) {
  std::string out;
  append(out, value, style, 0);
  if (style == JsonStyle::indented) {
    out += '\n';
  }
  return out;
}

Failure JsonView::wrong(std::string_view problem) const { return fail(ExitCode::format, "{}: {}", path_, problem); }

std::optional<JsonView> JsonView::optional_member(std::string_view key) const {
  const Json* found = value_->find(key);
  if (found == nullptr) {
    return std::nullopt;
  }
  return JsonView(*found, fmt::format("{}.{}", path_, key));
}

Result<JsonView> JsonView::member(std::string_view key) const {
  if (value_->as_object() == nullptr) {
    return wrong("must be an object");
  }
  if (auto found = optional_member(key)) {
    return *found;
  }
  return wrong(fmt::format("has no \"{}\"", key));
}

Result<std::string> JsonView::string() const {
  if (const auto* text = value_->as_string()) {
    return *text;
  }
  return wrong("must be a string");
}

Result<bool> JsonView::boolean() const {
  if (const auto* value = value_->as_bool()) {
    return *value;
  }
  return wrong("must be true or false");
}

Result<std::uint64_t> JsonView::unsigned_integer() const {
  const auto* value = value_->as_integer();
  if (value == nullptr || *value < 0 || *value > k_largest_json_integer) {
    return wrong("must be an integer from 0 to 2^53-1");
  }
  return static_cast<std::uint64_t>(*value);
}

Result<std::vector<JsonView>> JsonView::elements() const {
  const auto* array = value_->as_array();
  if (array == nullptr) {
    return wrong("must be an array");
  }
  std::vector<JsonView> views;
  views.reserve(array->size());
  for (std::size_t n = 0; n < array->size(); ++n) {
    views.emplace_back((*array)[n], fmt::format("{}[{}]", path_, n));
  }
  return views;
}

Result<std::vector<std::pair<std::string, JsonView>>> JsonView::members() const {
  const auto* object = value_->as_object();
  if (object == nullptr) {
    return wrong("must be an object");
  }
  std::vector<std::pair<std::string, JsonView>> views;
  views.reserve(object->size());
  for (const auto& [key, value] : *object) {
    views.emplace_back(key, JsonView(value, fmt::format("{}.{}", path_, key)));
  }
  return views;
}

Result<std::string> JsonView::string(std::string_view key) const {
  KF_TRY_ASSIGN(const JsonView found, member(key));
  return found.string();
}

Result<std::uint64_t> JsonView::unsigned_integer(std::string_view key) const {
  KF_TRY_ASSIGN(const JsonView found, member(key));
  return found.unsigned_integer();
}

Result<std::vector<JsonView>> JsonView::elements(std::string_view key) const {
  KF_TRY_ASSIGN(const JsonView found, member(key));
  return found.elements();
}

Result<std::string> JsonView::string_or(std::string_view key, std::string_view otherwise) const {
  if (const auto found = optional_member(key)) {
    return found->string();
  }
  return std::string(otherwise);
}

Status JsonView::only(std::initializer_list<std::string_view> known) const {
  const auto* object = value_->as_object();
  if (object == nullptr) {
    return wrong("must be an object");
  }
  for (const auto& [key, value] : *object) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return wrong(fmt::format("has an unknown member \"{}\"", key));
    }
  }
  return {};
}

}  // namespace kubeferry
