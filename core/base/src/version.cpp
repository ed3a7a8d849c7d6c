// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/version.hpp>

#include <array>
#include <charconv>

#include <kubeferry/base/text.hpp>

namespace kubeferry {

namespace {

Result<std::array<std::uint32_t, 3>> parse(std::string_view text) {
  const auto parts = split(text, '.');
  std::array<std::uint32_t, 3> numbers{};
  bool good = parts.size() == numbers.size();
  for (std::size_t n = 0; good && n < numbers.size(); ++n) {
    const auto* end = parts[n].data() + parts[n].size();
    const auto [stop, problem] = std::from_chars(parts[n].data(), end, numbers[n]);
    good = problem == std::errc{} && stop == end;
  }
  if (!good) {
    return fail(ExitCode::format, "\"{}\" is no version like 1.2.3", printable(text));
  }
  return numbers;
}

}  // namespace

const std::string_view k_version = KF_VERSION;

Result<bool> older_than(std::string_view a, std::string_view b) {
  KF_TRY_ASSIGN(const auto left, parse(a));
  KF_TRY_ASSIGN(const auto right, parse(b));
  return left < right;
}

}  // namespace kubeferry
