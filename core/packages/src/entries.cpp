// SPDX-License-Identifier: Apache-2.0
#include "entries.hpp"

#include <algorithm>

#include <kubeferry/base/text.hpp>

namespace kubeferry::packages {

std::string_view to_string(Format format) { return format == Format::deb ? "deb" : "rpm"; }

Status check_location(std::string_view location) {
  constexpr std::string_view k_allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+~%:^@,=";
  const auto parts = split(location, '/');
  const bool leads_out =
      std::ranges::any_of(parts, [](std::string_view part) { return part.empty() || part == "." || part == ".."; });
  if (location.empty() || location.size() > 1024 || location.find_first_not_of(k_allowed) != std::string_view::npos ||
      leads_out) {
    return fail(ExitCode::format, "\"{}\" is no file of a repository", printable(location.substr(0, 200)));
  }
  return {};
}

}  // namespace kubeferry::packages
