// SPDX-License-Identifier: Apache-2.0
#include "builder_options.hpp"

#include <chrono>

#include <CLI/CLI.hpp>

#include "source_date.hpp"

namespace kubeferry::cli {

void BuilderOptions::add_to(CLI::App& command) {
  command.add_option("SPEC", spec, "The spec: YAML, or a list of image references")->required();
  catalog.add_to(command);
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

Result<TimePoint> build_time() {
  KF_TRY_ASSIGN(const auto fixed, source_date());
  return fixed ? *fixed : std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

builder::Talk talk_on(const Console& console) {
  return {.info = [&console](std::string_view line) { console.info(line); },
          .warn = [&console](std::string_view line) { console.warning(line); }};
}

}  // namespace kubeferry::cli
