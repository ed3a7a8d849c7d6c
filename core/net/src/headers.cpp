// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/net/headers.hpp>

#include <kubeferry/base/text.hpp>

namespace kubeferry::net {

void Headers::set(std::string_view name, std::string value) {
  std::erase_if(fields_, [&](const Field& field) { return equals_ignoring_case(field.first, name); });
  fields_.emplace_back(std::string(name), std::move(value));
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (equals_ignoring_case(key, name)) {
      return value;
    }
  }
  return std::nullopt;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : fields_) {
    if (equals_ignoring_case(key, name)) {
      values.emplace_back(value);
    }
  }
  return values;
}

}  // namespace kubeferry::net
