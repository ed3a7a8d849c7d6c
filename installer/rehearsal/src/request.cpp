// SPDX-License-Identifier: Apache-2.0
#include "request.hpp"

#include <kubeferry/base/text.hpp>

namespace kubeferry::rehearsal {

namespace {

/// Options whose value is the next word.
bool takes_value(std::string_view word) {
  return word == "-p" || word == "--property" || word == "-n" || word == "--lines" || word == "-o" ||
         word == "--output" || word == "-s" || word == "--signal" || word == "-t" || word == "--type";
}

void add_properties(std::string_view list, std::vector<std::string>& to) {
  for (const auto name : split(list, ',')) {
    to.emplace_back(name);
  }
}

}  // namespace

Manager::Request Manager::Request::parse(std::span<const std::string> arguments) {
  constexpr std::string_view k_property = "--property=";
  Request out;
  for (std::size_t n = 0; n < arguments.size(); ++n) {
    const std::string& word = arguments[n];
    if (takes_value(word)) {
      ++n;
      if ((word == "-p" || word == "--property") && n < arguments.size()) {
        add_properties(arguments[n], out.properties);
      }
    } else if (word.starts_with(k_property)) {
      add_properties(std::string_view(word).substr(k_property.size()), out.properties);
    } else if (word == "-q" || word == "--quiet") {
      out.quiet = true;
    } else if (word == "--value") {
      out.only_values = true;
    } else if (word.starts_with('-')) {
      continue;  // how much of it to print, and how: --no-pager, --full
    } else if (out.verb.empty()) {
      out.verb = word;
    } else {
      out.units.push_back(unit_name(word));
    }
  }
  return out;
}

}  // namespace kubeferry::rehearsal
