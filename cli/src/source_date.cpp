// SPDX-License-Identifier: Apache-2.0
#include "source_date.hpp"

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace kubeferry::cli {

Result<std::optional<TimePoint>> source_date() {
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");  // NOLINT(concurrency-mt-unsafe): nobody writes it
  if (epoch == nullptr || *epoch == '\0') {
    return std::optional<TimePoint>();
  }
  const std::string_view text(epoch);
  // The year 9999: what RFC 3339 can write.
  constexpr std::int64_t k_last = 253402300799;
  std::int64_t seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (problem != std::errc{} || end != text.data() + text.size() || seconds < 0 || seconds > k_last) {
    return fail(ExitCode::usage, "SOURCE_DATE_EPOCH is \"{}\", not a number of seconds since 1970", printable(text));
  }
  return std::optional(TimePoint(std::chrono::seconds(seconds)));
}

}  // namespace kubeferry::cli
