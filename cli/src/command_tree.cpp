// SPDX-License-Identifier: Apache-2.0
#include "command_tree.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

namespace kubeferry::cli {

namespace {

OptionText option_text(const CLI::Option& option) {
  OptionText text{.meaning = option.get_description(), .required = option.get_required()};
  if (option.get_positional()) {
    text.value = option.get_name(true);
  } else {
    for (const auto& name : option.get_snames()) {
      text.names.push_back("-" + name);
    }
    for (const auto& name : option.get_lnames()) {
      text.names.push_back("--" + name);
    }
    if (option.get_type_size() != 0) {
      text.value = option.get_type_name();
      text.preset = option.get_default_str();
    }
  }
  text.repeated = option.get_expected_max() == CLI::detail::expected_max_vector_size;
  for (const CLI::Option* other : option.get_excludes()) {
    text.excludes.push_back("--" + other->get_lnames().front());
  }
  // The parser keeps them by their addresses, which differ from run to run.
  std::ranges::sort(text.excludes);
  return text;
}

bool is_of_its_command_alone(const OptionText& option) {
  const auto named = [&](const char* name) { return std::ranges::find(option.names, name) != option.names.end(); };
  return named("--help") || named("--version");
}

void collect(const CLI::App& app, const std::string& path, const CommandText* above, std::vector<CommandText>& tree) {
  CommandText here{.path = path, .meaning = app.get_description()};
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) {
      (option->get_positional() ? here.arguments : here.options).push_back(option_text(*option));
    }
  }
  if (above != nullptr) {
    for (const auto* list : {&above->options, &above->inherited}) {
      std::ranges::remove_copy_if(*list, std::back_inserter(here.inherited), is_of_its_command_alone);
    }
  }
  const auto below = app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
  for (const CLI::App* command : below) {
    here.commands.push_back({command->get_name(), command->get_description()});
  }
  tree.push_back(here);
  for (const CLI::App* command : below) {
    collect(*command, path + " " + command->get_name(), &here, tree);
  }
}

}  // namespace

std::vector<CommandText> command_tree(const CLI::App& app) {
  std::vector<CommandText> tree;
  collect(app, app.get_name(), nullptr, tree);
  return tree;
}

}  // namespace kubeferry::cli
