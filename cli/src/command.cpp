// SPDX-License-Identifier: Apache-2.0
#include "command.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

namespace kubeferry::cli {

void Commands::on(CLI::App* app, Run run, std::string after_stop) {
  entries_.push_back({app, std::move(run), std::move(after_stop)});
}

void Commands::add_format(CLI::App* app) {
  app->add_option("--output", format_, "text for people, json for programs")->type_name("text|json");
}

const Commands::Entry* Commands::chosen() const {
  const auto found = std::ranges::find_if(entries_, [](const Entry& entry) { return entry.app->parsed(); });
  return found == entries_.end() ? nullptr : &*found;
}

Result<Format> Commands::format() const {
  if (format_ == "text") {
    return Format::text;
  }
  if (format_ == "json") {
    return Format::json;
  }
  return fail(ExitCode::usage, "--output: \"{}\" is neither text nor json", format_);
}

}  // namespace kubeferry::cli
