// SPDX-License-Identifier: Apache-2.0
#include "arguments.hpp"

#include <algorithm>
#include <vector>

#include <CLI/CLI.hpp>

#include <kubeferry/base/text.hpp>

namespace kubeferry::cli {

namespace {

const CLI::App& deepest(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().back();
  }
  return *at;
}

std::string full_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + " " + app.get_name();
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      for (const auto& name : option->get_lnames()) {
        names.push_back("--" + name);
      }
    }
  }
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  const auto found = nearest(word, views);
  return found ? fmt::format("did you mean {}?", *found) : std::string();
}

Failure usage(const CLI::App& app, std::string problem, std::string hint) {
  const std::string name = full_name(app);
  if (hint.empty()) {
    hint = name + " --help says what there is";
  }
  return Failure(Error{ExitCode::usage, std::move(problem), std::move(hint), {}});
}

/// What the parser could not place comes first: it is why something else is missing.
Failure explain(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App& app = deepest(root);
  // The program's own name stands before every error already.
  const bool is_root = &app == &root;
  const std::string name = is_root ? "" : full_name(app).substr(root.get_name().size() + 1);
  const auto rest = root.remaining(true);
  const auto unknown = std::ranges::find_if(rest, [](const std::string& word) { return word != "--"; });
  if (unknown != rest.end()) {
    if (unknown->starts_with("-")) {
      const std::string option = unknown->substr(0, unknown->find('='));
      return usage(
          app,
          is_root ? fmt::format("there is no option {}", option) : fmt::format("{} has no option {}", name, option),
          suggestion(option, option_names(app)));
    }
    if (const auto names = command_names(app); !names.empty()) {
      return usage(app,
                   is_root ? fmt::format("there is no command \"{}\"", *unknown)
                           : fmt::format("{} has no command \"{}\"", name, *unknown),
                   suggestion(*unknown, names));
    }
    return usage(app, fmt::format("{}: one argument too many: \"{}\"", name, *unknown), {});
  }
  if (!command_names(app).empty()) {
    return usage(app, is_root ? "a command is missing" : fmt::format("{}: a command is missing", name), {});
  }
  std::string what = error.what();
  std::ranges::replace(what, '\n', ' ');
  return usage(app, fmt::format("{}: {}", name, what), {});
}

}  // namespace

Result<std::string> parse_arguments(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return std::string();
  } catch (const CLI::CallForVersion& version) {
    return std::string(version.what()) + "\n";
  } catch (const CLI::CallForHelp&) {
    return app.help();
  } catch (const CLI::ParseError& error) {
    return explain(app, error);
  }
}

}  // namespace kubeferry::cli
