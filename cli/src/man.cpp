// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/base/atomic_file.hpp>

#include "command.hpp"
#include "man_page.hpp"
#include "source_date.hpp"

namespace kubeferry::cli {

namespace {

Status write_pages(const CLI::App& app, const std::filesystem::path& directory) {
  KF_TRY_ASSIGN(const auto moment, source_date());
  // The clock is not asked: the same program writes the same pages.
  const std::string date = moment ? to_rfc3339(*moment).substr(0, std::string_view("2026-11-22").size()) : "";
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return fail_errno(error.value(), directory.native());
  }
  for (const CommandText& command : command_tree(app)) {
    KF_TRY(write_file_atomically(directory / man_page_file(command), man_page(command, date), 0644));
  }
  return {};
}

}  // namespace

void add_man(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("man", "Write the manual pages, one for each command");
  auto directory = std::make_shared<std::string>();
  command->add_option("--to", *directory, "Where to; made when missing")->required()->type_name("DIR");
  commands.on(
      command, [directory, &app](const Context&) { return write_pages(app, *directory); },
      "the pages that were written are whole; run the command again");
}

}  // namespace kubeferry::cli
