// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <kubeferry/catalog/spec.hpp>

namespace kubeferry::catalog {

/// A valid spec with `more` appended (six lines, so that `more` starts at line 7).
inline std::string spec_with(std::string_view more) {
  return std::string(
             "apiVersion: kubeferry/v1\nkind: Bundle\nname: site\nversion: \"2026.11.1\"\n"
             "platforms: [linux/amd64, linux/arm64]\nkubernetes: {version: v1.34.2}\n") +
         std::string(more);
}

inline Result<Spec> parse(std::string_view text) { return parse_spec(text, "/specs/site.yaml"); }

}  // namespace kubeferry::catalog
