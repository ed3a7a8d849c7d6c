// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "command.hpp"
#include "command_tree.hpp"
#include "output.hpp"

namespace kubeferry::cli {

namespace {

/// A word that can stand behind a command, and what it is for.
struct Word {
  std::string text;
  std::string meaning;
};

struct Node {
  std::string path;  ///< "kubeferry key"
  std::vector<Word> commands;
  std::vector<Word> options;
};

std::string one_line(std::string text) {
  // The shells' quoting is not worth the sight of it.
  std::erase_if(text, [](char c) { return c == '\'' || c == '\n' || c == '[' || c == ']' || c == '`' || c == '\\'; });
  return text;
}

Node node(const CommandText& command) {
  Node node{.path = command.path};
  for (const auto& [name, meaning] : command.commands) {
    node.commands.push_back({name, one_line(meaning)});
  }
  for (const auto* list : {&command.options, &command.inherited}) {
    for (const OptionText& option : *list) {
      for (const std::string& name : option.names) {
        if (name.starts_with("--")) {
          node.options.push_back({name, one_line(option.meaning)});
        }
      }
    }
  }
  return node;
}

std::string words(const Node& node) {
  std::string text;
  for (const auto* list : {&node.commands, &node.options}) {
    for (const auto& [word, unused] : *list) {
      text += (text.empty() ? "" : " ") + word;
    }
  }
  return text;
}

/// The path is found the same way in each shell: words that go on from a known path make a longer one.
std::string bash_script(const std::vector<Node>& nodes) {
  std::string cases;
  std::string paths;
  for (const auto& node : nodes) {
    cases += fmt::format("    '{}') words='{}' ;;\n", node.path, words(node));
    paths += fmt::format("{}'{}'", paths.empty() ? "" : "|", node.path);
  }
  return fmt::format(R"(_kubeferry() {{
  local path=kubeferry words= word n
  for ((n = 1; n < COMP_CWORD; n++)); do
    word=${{COMP_WORDS[n]}}
    case "$path $word" in
      {}) path="$path $word" ;;
    esac
  done
  case "$path" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _kubeferry kubeferry
)",
                     paths, cases);
}

std::string zsh_script(const std::vector<Node>& nodes) {
  std::string cases;
  std::string paths;
  for (const auto& node : nodes) {
    std::string choices;
    for (const auto* list : {&node.commands, &node.options}) {
      for (const auto& [word, meaning] : *list) {
        std::string escaped = meaning;
        for (std::size_t at = 0; (at = escaped.find(':', at)) != std::string::npos; at += 2) {
          escaped.insert(at, "\\");
        }
        choices += fmt::format(" '{}:{}'", word, escaped);
      }
    }
    cases += fmt::format("    '{}') choices=({} ) ;;\n", node.path, choices);
    paths += fmt::format("{}'{}'", paths.empty() ? "" : "|", node.path);
  }
  return fmt::format(R"(#compdef kubeferry
_kubeferry() {{
  local place=kubeferry word
  local -a choices
  for word in ${{words[2,CURRENT-1]}}; do
    case "$place $word" in
      {}) place="$place $word" ;;
    esac
  done
  case "$place" in
{}  esac
  _describe kubeferry choices || _files
}}
# From a folder of $fpath, this file is the function's body when it is called for the first time.
if [[ ${{funcstack[1]}} == _kubeferry ]]; then
  _kubeferry "$@"
else
  compdef _kubeferry kubeferry
fi
)",
                     paths, cases);
}

std::string fish_script(const std::vector<Node>& nodes) {
  std::string text =
      "function __kubeferry_place\n"
      "  set -l place kubeferry\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    if contains -- \"$place $word\" $__kubeferry_places\n"
      "      set place \"$place $word\"\n"
      "    end\n"
      "  end\n"
      "  test \"$place\" = \"$argv\"\n"
      "end\n"
      "set -g __kubeferry_places";
  for (const auto& node : nodes) {
    text += fmt::format(" '{}'", node.path);
  }
  text += "\n";
  for (const auto& node : nodes) {
    for (const auto& [word, meaning] : node.commands) {
      text +=
          fmt::format("complete -c kubeferry -n \"__kubeferry_place {}\" -a '{}' -d '{}'\n", node.path, word, meaning);
    }
    for (const auto& [word, meaning] : node.options) {
      text += fmt::format("complete -c kubeferry -n \"__kubeferry_place {}\" -l '{}' -d '{}'\n", node.path,
                          word.substr(2), meaning);
    }
  }
  return text;
}

}  // namespace

void add_completion(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("completion", "Print a shell's completion script: bash, zsh or fish");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required();
  commands.on(command, [shell, &app](const Context&) -> Status {
    std::vector<Node> nodes;
    std::ranges::transform(command_tree(app), std::back_inserter(nodes), node);
    if (*shell == "bash") {
      return print(bash_script(nodes));
    }
    if (*shell == "zsh") {
      return print(zsh_script(nodes));
    }
    if (*shell == "fish") {
      return print(fish_script(nodes));
    }
    return fail(ExitCode::usage, "there is no completion for \"{}\", only for bash, zsh and fish", *shell);
  });
}

}  // namespace kubeferry::cli
