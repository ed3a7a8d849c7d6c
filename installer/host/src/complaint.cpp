// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/host/complaint.hpp>

#include <algorithm>
#include <array>

#include <kubeferry/base/text.hpp>

namespace kubeferry::host {

ExitCode class_of(std::string_view said, ExitCode otherwise) {
  constexpr std::array<std::string_view, 2> k_full = {"no space left on device", "disk quota exceeded"};
  const std::string text = lower(said);
  const bool full = std::ranges::any_of(k_full, [&](std::string_view words) { return text.find(words) != text.npos; });
  return full ? ExitCode::no_space : otherwise;
}

}  // namespace kubeferry::host
