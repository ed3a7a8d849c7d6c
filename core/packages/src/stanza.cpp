// SPDX-License-Identifier: Apache-2.0
#include "stanza.hpp"

#include <kubeferry/base/text.hpp>

namespace kubeferry::packages {

std::string_view Stanza::field(std::string_view name) const {
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        equals_ignoring_case(line.substr(0, name.size()), name)) {
      return trim(line.substr(name.size() + 1));
    }
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return {};
}

Status for_each_stanza(std::string_view text, const std::function<Status(const Stanza&)>& visit) {
  while (!text.empty()) {
    if (text.front() == '\n') {
      text.remove_prefix(1);
      continue;
    }
    const auto end = text.find("\n\n");
    const std::string_view stanza = end == std::string_view::npos ? text : text.substr(0, end + 1);
    KF_TRY(visit(Stanza{stanza}));
    text.remove_prefix(stanza.size());
  }
  return {};
}

}  // namespace kubeferry::packages
