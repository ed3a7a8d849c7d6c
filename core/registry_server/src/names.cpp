// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <kubeferry/base/text.hpp>
#include <kubeferry/registry_server/routes.hpp>

namespace kubeferry::registry_server {

namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
bool is_path_component(std::string_view text) {
  if (text.empty() || !is_lower_or_digit(text.front()) || !is_lower_or_digit(text.back())) {
    return false;
  }
  for (std::size_t i = 0; i < text.size();) {
    if (is_lower_or_digit(text[i])) {
      ++i;
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of(text[i], i), text.size());
    const std::size_t run = end - i;
    const bool allowed = text[i] == '-' || (text[i] == '_' && run <= 2) || (text[i] == '.' && run == 1);
    if (!allowed || !is_lower_or_digit(text[end])) {
      return false;
    }
    i = end;
  }
  return true;
}

}  // namespace

bool is_repository_path(std::string_view name) {
  constexpr std::size_t k_longest = 255;
  if (name.size() > k_longest) {
    return false;
  }
  const auto components = split(name, '/');
  return std::all_of(components.begin(), components.end(), is_path_component);
}

bool is_tag(std::string_view tag) {
  constexpr std::size_t k_longest = 128;
  const auto is_word = [](char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !tag.empty() && tag.size() <= k_longest && is_word(tag.front()) &&
         std::all_of(tag.begin(), tag.end(), [&](char c) { return is_word(c) || c == '.' || c == '-'; });
}

}  // namespace kubeferry::registry_server
