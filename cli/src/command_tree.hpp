// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace kubeferry::cli {

/// An option or an argument, as somebody reads of it.
struct OptionText {
  std::vector<std::string> names;  ///< "-q", "--quiet"; none for an argument, which is known by its place
  std::string value;               ///< "FILE"; empty for an option that takes none
  std::string meaning;
  std::string preset;  ///< what counts when it is not given; empty when `meaning` says it, or nothing does
  std::vector<std::string> excludes;  ///< options that it cannot stand beside, sorted
  bool required = false;
  bool repeated = false;  ///< may be given several times
};

/// A command, what can stand behind it, and what each of those is for. Nothing that `--help` hides is in it.
struct CommandText {
  struct Below {
    std::string name;
    std::string meaning;
  };

  std::string path;  ///< "kubeferry key"
  std::string meaning;
  std::vector<Below> commands;
  std::vector<OptionText> arguments;
  std::vector<OptionText> options;
  std::vector<OptionText> inherited;  ///< of the commands above, which may stand here, too
};

/// The program and every command of it, each before what is below it, in the order of `--help`.
[[nodiscard]] std::vector<CommandText> command_tree(const CLI::App& app);

}  // namespace kubeferry::cli
