// SPDX-License-Identifier: Apache-2.0
#include "man_page.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <kubeferry/base/exit_code.hpp>
#include <kubeferry/base/result.hpp>
#include <kubeferry/base/version.hpp>

namespace kubeferry::cli {

namespace {

struct ExitMeaning {
  ExitCode code;
  std::string_view meaning;
};

// As docs/exit-codes.md has them; tests/cli/man_test.py compares.
constexpr std::array k_exits = {
    ExitMeaning{ExitCode::ok, "it worked"},
    ExitMeaning{ExitCode::usage,
                "an option, a spec or a value given by you is wrong, or a file you named does not exist"},
    ExitMeaning{ExitCode::format, "bytes that the format does not allow"},
    ExitMeaning{ExitCode::signature, "unsigned, signed by somebody else, too few signatures, a bad key"},
    ExitMeaning{ExitCode::policy, "genuine, but not wanted here"},
    ExitMeaning{ExitCode::integrity, "bytes that are not what their digest says"},
    ExitMeaning{ExitCode::limit, "larger, deeper or more than the documented cap"},
    ExitMeaning{ExitCode::network, "name resolution, connection, HTTP"},
    ExitMeaning{ExitCode::tls, "a certificate or a handshake"},
    ExitMeaning{ExitCode::auth, "credentials or passphrases missing, refused, or readable by others"},
    ExitMeaning{ExitCode::io, "a local file, device or standard output"},
    ExitMeaning{ExitCode::no_space, "disk, quota or inodes used up"},
    ExitMeaning{ExitCode::unsupported_host, "this machine cannot do it"},
    ExitMeaning{ExitCode::bug, "our fault"},
    ExitMeaning{ExitCode::locked, "another kubeferry works on the same thing"},
    ExitMeaning{ExitCode::interrupted, "stopped by Ctrl-C; 143 when it was SIGTERM"},
};

/// The code point at the front of well-formed UTF-8, which is taken off.
std::uint32_t take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  std::uint32_t point = length == 1 ? first : first & (0x7fU >> length);
  for (std::size_t n = 1; n < length && n < text.size(); ++n) {
    point = (point << 6U) | (static_cast<unsigned char>(text[n]) & 0x3fU);
  }
  text.remove_prefix(std::min(length, text.size()));
  return point;
}

/// Text that means itself wherever it stands: what roff reads as its own, or prints as a nicer character than the one
/// that has to be typed, is written by name.
std::string plain(std::string_view text) {
  std::string out;
  if (text.starts_with('.')) {
    out += "\\&";  // no request
  }
  while (!text.empty()) {
    const std::uint32_t point = take_code_point(text);
    switch (point) {
      case '\\': out += "\\(rs"; break;
      case '-': out += "\\-"; break;
      case '\'': out += "\\(aq"; break;
      case '`': out += "\\(ga"; break;
      case '^': out += "\\(ha"; break;
      case '~': out += "\\(ti"; break;
      case '"': out += "\\(dq"; break;
      case '\n': out += ' '; break;
      default: out += point < 0x80 ? std::string(1, static_cast<char>(point)) : fmt::format("\\[u{:04X}]", point);
    }
  }
  return out;
}

std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", plain(text)); }
std::string italic(std::string_view text) { return fmt::format("\\fI{}\\fR", plain(text)); }

std::string sentence(std::string_view text) {
  const bool ends = text.ends_with('.') || text.ends_with('!') || text.ends_with('?');
  return plain(text) + (ends ? "" : ".");
}

/// "kubeferry key generate" → "kubeferry-key-generate".
std::string page_name(const CommandText& command) {
  std::string name = command.path;
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string reference(std::string_view page) { return fmt::format(".BR {} (1)", plain(page)); }

/// "-q, --quiet", "--listen ADDR:PORT", "FILE...".
std::string tag(const OptionText& option) {
  std::string out;
  for (const auto& name : option.names) {
    out += (out.empty() ? "" : ", ") + bold(name);
  }
  if (!option.value.empty()) {
    out += (out.empty() ? "" : " ") + italic(option.value);
  }
  if (option.names.empty() && option.repeated) {
    out += "...";
  }
  return out;
}

std::string meaning(const OptionText& option) {
  std::string out = sentence(option.meaning);
  if (!option.preset.empty()) {
    out += fmt::format("\nDefault: {}.", plain(option.preset));
  }
  if (!option.excludes.empty()) {
    std::string others;
    for (const auto& other : option.excludes) {
      others += (others.empty() ? "" : ", ") + bold(other);
    }
    out += fmt::format("\nNot together with {}.", others);
  }
  return out;
}

std::string section(std::string_view title, const std::vector<OptionText>& options) {
  if (options.empty()) {
    return {};
  }
  std::string out = fmt::format(".SH {}\n", title);
  for (const auto& option : options) {
    out += fmt::format(".TP\n{}\n{}\n", tag(option), meaning(option));
  }
  return out;
}

std::string synopsis(const CommandText& command) {
  std::string out = bold(command.path);
  if (!command.commands.empty()) {
    return out + " \\fICOMMAND\\fR [\\fIARGUMENT\\fR]...";
  }
  for (const auto& argument : command.arguments) {
    const std::string text = tag(argument);
    out += argument.required ? " " + text : fmt::format(" [{}]", text);
  }
  for (const auto& option : command.options) {
    out += option.required ? " " + tag(option) : "";
  }
  return out + " [\\fIOPTION\\fR]...";
}

std::string exit_status(bool all) {
  if (!all) {
    return ".SH EXIT STATUS\n0 when it worked; what other numbers mean is in\n.BR kubeferry (1).\n";
  }
  std::string out = ".SH EXIT STATUS\n";
  for (const auto& [code, what] : k_exits) {
    out += fmt::format(".TP\n.B {}\n{}.\n", static_cast<int>(code), plain(what));
  }
  return out;
}

std::string see_also(const CommandText& command) {
  const std::string name = page_name(command);
  std::vector<std::string> pages;
  for (std::size_t dash = name.find('-'); dash != std::string::npos; dash = name.find('-', dash + 1)) {
    // join-pack is one command: what is above it ends where a word of the path does.
    if (command.path[dash] == ' ') {
      pages.push_back(name.substr(0, dash));
    }
  }
  std::string out = ".SH SEE ALSO\n";
  for (const auto& page : pages) {
    out += reference(page) + ",\n";
  }
  return out + "the documents in\n.IR /usr/share/doc/kubeferry ,\nor in the folder docs of the sources.\n";
}

/// What follows "kubeferry-verify \-": no sentence.
std::string after_name(std::string_view text) {
  std::string out(text.substr(0, text.size() - (text.ends_with('.') ? 1 : 0)));
  const bool word = out.size() > 1 && out[1] >= 'a' && out[1] <= 'z';
  if (word && out[0] >= 'A' && out[0] <= 'Z') {
    out[0] = static_cast<char>(out[0] - 'A' + 'a');
  }
  return plain(out);
}

}  // namespace

std::string man_page_file(const CommandText& command) { return page_name(command) + ".1"; }

std::string man_page(const CommandText& command, std::string_view date) {
  const std::string name = page_name(command);
  const bool is_program = command.path.find(' ') == std::string::npos;
  std::string out = fmt::format(".\\\" Written by kubeferry man.\n.TH {} 1 \"{}\" \"kubeferry {}\" kubeferry\n",
                                plain(name), date, k_version);
  out += fmt::format(".SH NAME\n{} \\- {}\n", plain(name), after_name(command.meaning));
  out += fmt::format(".SH SYNOPSIS\n{}\n", synopsis(command));
  out += fmt::format(".SH DESCRIPTION\n{}\n", sentence(command.meaning));
  if (!command.commands.empty()) {
    out += ".SH COMMANDS\n";
    for (const auto& [word, what] : command.commands) {
      out += fmt::format(".TP\n{}\n{}\n", reference(name + "-" + word), sentence(what));
    }
  }
  out += section("ARGUMENTS", command.arguments);
  out += section("OPTIONS", command.options);
  out += section("OPTIONS OF EVERY COMMAND", command.inherited);
  return out + exit_status(is_program) + see_also(command);
}

}  // namespace kubeferry::cli
