// SPDX-License-Identifier: Apache-2.0
#include "builder_options.hpp"

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include <CLI/CLI.hpp>

namespace kubeferry::cli {

void BuilderOptions::add_to(CLI::App& command) {
  command.add_option("SPEC", spec, "The spec: YAML, or a list of image references")->required();
  command.add_option("--catalog", catalog, "A folder with a catalog, instead of the one built in")->type_name("DIR");
  command.add_option("--jobs", jobs, "Transfers at once")
      ->check(CLI::Range(1, 64))
      ->capture_default_str()
      ->type_name("N");
  command
      .add_option("--image-list", image_list, "auto: ask the release's own kubeadm where it can run; catalog: do not")
      ->check(CLI::IsMember({"auto", "catalog"}))
      ->capture_default_str()
      ->type_name("HOW");
}

Result<catalog::Catalog> BuilderOptions::load_catalog() const {
  return catalog.empty() ? catalog::Catalog::builtin() : catalog::Catalog::load(catalog);
}

Result<TimePoint> build_time() {
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  if (epoch == nullptr || *epoch == '\0') {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
  const std::string_view text(epoch);
  // The year 9999: what RFC 3339 can write.
  constexpr std::int64_t k_last = 253402300799;
  std::int64_t seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (problem != std::errc{} || end != text.data() + text.size() || seconds < 0 || seconds > k_last) {
    return fail(ExitCode::usage, "SOURCE_DATE_EPOCH is \"{}\", not a number of seconds since 1970", printable(text));
  }
  return TimePoint(std::chrono::seconds(seconds));
}

builder::Talk talk_on(const Console& console) {
  return {.info = [&console](std::string_view line) { console.info(line); },
          .warn = [&console](std::string_view line) { console.warning(line); }};
}

}  // namespace kubeferry::cli
