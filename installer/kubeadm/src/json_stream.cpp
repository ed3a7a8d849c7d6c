// SPDX-License-Identifier: Apache-2.0
#include "json_stream.hpp"

#include <cstddef>

namespace kubeferry::kubeadm {

std::vector<std::string_view> split_json(std::string_view text) {
  std::vector<std::string_view> objects;
  std::size_t begin = 0;
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (quoted) {
      quoted = text[i] != '"';
    } else if (text[i] == '"') {
      quoted = depth > 0;
    } else if (text[i] == '{') {
      begin = depth == 0 ? i : begin;
      ++depth;
    } else if (text[i] == '}' && depth > 0 && --depth == 0) {
      objects.push_back(text.substr(begin, i + 1 - begin));
    }
  }
  if (depth > 0) {
    objects.push_back(text.substr(begin));
  }
  return objects;
}

}  // namespace kubeferry::kubeadm
