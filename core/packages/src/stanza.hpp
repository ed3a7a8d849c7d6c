// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include <kubeferry/base/result.hpp>

namespace kubeferry::packages {

/// One paragraph of a control file (Debian policy 5.1). Refers to the text it was found in.
struct Stanza {
  std::string_view text;  ///< without the empty line behind it; ends with a newline unless the file does not

  /// The first line of a field's value, trimmed; empty when the field is not there. `name` is compared without regard
  /// to case.
  [[nodiscard]] std::string_view field(std::string_view name) const;
};

/// Calls `visit` for each paragraph, in order, until one fails.
Status for_each_stanza(std::string_view text, const std::function<Status(const Stanza&)>& visit);

}  // namespace kubeferry::packages
