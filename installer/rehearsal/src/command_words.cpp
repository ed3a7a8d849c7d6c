// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <utility>

#include <kubeferry/base/text.hpp>
#include <kubeferry/rehearsal/unit_file.hpp>

namespace kubeferry::rehearsal {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }
bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string replaced_specifiers(std::string_view line, std::string_view unit) {
  std::string out;
  for (std::size_t n = 0; n < line.size(); ++n) {
    if (line[n] != '%' || n + 1 == line.size()) {
      out += line[n];
      continue;
    }
    switch (line[++n]) {
      case '%': out += '%'; break;
      case 'n': out += unit; break;
      case 'N': out += unit.substr(0, unit.rfind('.')); break;
      case 'p': out += unit.substr(0, unit.find_first_of("@.")); break;
      case 't': out += "/run"; break;
      case 'S': out += "/var/lib"; break;
      case 'd': out += fmt::format("/run/credentials/{}", unit); break;
      default: (out += '%') += line[n];
    }
  }
  return out;
}

struct Word {
  std::string text;
  bool quoted = false;  ///< any part of it
};

std::vector<Word> unquoted(std::string_view line) {
  std::vector<Word> words;
  Word word;
  bool open = false;
  char quote = '\0';
  for (std::size_t n = 0; n < line.size(); ++n) {
    const char c = line[n];
    if (quote == '\0' && is_blank(c)) {
      if (open) {
        words.push_back(std::exchange(word, {}));
      }
      open = false;
    } else if (quote != '\0' && c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
      open = word.quoted = true;
    } else if (c == '\\' && n + 1 < line.size()) {
      const char next = line[++n];
      word.text += next == 'n' ? '\n' : next == 't' ? '\t' : next == 's' ? ' ' : next;
      open = true;
    } else {
      word.text += c;
      open = true;
    }
  }
  if (open) {
    words.push_back(std::move(word));
  }
  return words;
}

std::string value_of(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::string replaced_variables(std::string_view word, const Environment& environment) {
  std::string out;
  for (std::size_t n = 0; n < word.size(); ++n) {
    if (word.substr(n).starts_with("$$")) {
      out += '$';
      ++n;
    } else if (const auto end = word.find('}', n); word.substr(n).starts_with("${") && end != std::string_view::npos) {
      out += value_of(environment, word.substr(n + 2, end - n - 2));
      n = end;
    } else {
      out += word[n];
    }
  }
  return out;
}

/// Whether the word is a variable alone: $NAME.
bool is_variable(const Word& word) {
  return !word.quoted && word.text.size() > 1 && word.text[0] == '$' &&
         std::all_of(word.text.begin() + 1, word.text.end(), is_name);
}

}  // namespace

std::vector<std::string> command_words(std::string_view line, std::string_view unit, const Environment& environment) {
  std::vector<std::string> out;
  for (const Word& word : unquoted(replaced_specifiers(line, unit))) {
    if (is_variable(word)) {
      for (auto& part : unquoted(value_of(environment, std::string_view(word.text).substr(1)))) {
        out.push_back(std::move(part.text));
      }
    } else {
      out.push_back(replaced_variables(word.text, environment));
    }
  }
  return out;
}

std::vector<std::string> plain_words(std::string_view line, std::string_view unit) {
  std::vector<std::string> out;
  for (auto& word : unquoted(replaced_specifiers(line, unit))) {
    out.push_back(std::move(word.text));
  }
  return out;
}

void add_environment_file(std::string_view text, Environment& environment) {
  for (const auto raw : split(text, '\n')) {
    const auto line = trim(raw);
    const auto equals = line.find('=');
    if (line.starts_with('#') || line.starts_with(';') || equals == std::string_view::npos || equals == 0) {
      continue;
    }
    std::string_view value = trim(line.substr(equals + 1));
    if (value.size() > 1 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) {
      value = value.substr(1, value.size() - 2);
    }
    environment.insert_or_assign(std::string(trim(line.substr(0, equals))), std::string(value));
  }
}

}  // namespace kubeferry::rehearsal
