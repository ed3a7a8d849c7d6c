// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/base/text.hpp>
#include <kubeferry/steps/run.hpp>

namespace kubeferry::steps {

namespace {

/// Safe for a terminal and for JSON, but with the tabs that files have.
std::string shown(std::string_view line) {
  std::string out;
  for (const auto part : split(line, '\t')) {
    out += out.empty() && part.data() == line.data() ? "" : "\t";
    out += printable(part);
  }
  return out;
}

/// A word as it could be typed into a shell.
std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                          "0123456789_-+=.,:/@%") == std::string::npos;
  if (plain) {
    return word;
  }
  std::string out = "'";
  for (const char c : word) {
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return printable(out + "'");
}

void append_details(std::string& out, const Preview& preview) {
  if (!preview.argv.empty()) {
    out += "    $";
    for (const auto& word : preview.argv) {
      out += ' ' + quoted(word);
    }
    out += '\n';
  }
  for (const auto line : split(trim(preview.diff), '\n')) {
    out += preview.diff.empty() ? "" : fmt::format("    {}\n", shown(line));
  }
}

}  // namespace

Result<std::string> plan_text(const host::Host& host, const Plan& plan) {
  std::string out;
  std::vector<std::string> kept;
  for (const auto& step : plan) {
    KF_TRY_ASSIGN(const bool satisfied, step->satisfied(host));
    if (satisfied) {
      kept.push_back(printable(step->target()));
      continue;
    }
    KF_TRY_ASSIGN(const Preview preview, step->preview(host));
    out += printable(preview.summary) + '\n';
    append_details(out, preview);
    out += '\n';
  }
  if (!kept.empty()) {
    out += fmt::format("as wanted already: {}\n", fmt::join(kept, ", "));
  }
  return out;
}

Result<Json> plan_json(const host::Host& host, const Plan& plan) {
  Json steps = Json::array();
  for (const auto& step : plan) {
    KF_TRY_ASSIGN(const bool satisfied, step->satisfied(host));
    Preview preview{.action = "keep", .summary = step->summary(), .diff = {}, .argv = {}};
    if (!satisfied) {
      KF_TRY_ASSIGN(preview, step->preview(host));
    }
    Json argv = Json::array();
    for (auto& word : preview.argv) {
      argv.push(std::move(word));
    }
    std::string diff;
    for (const auto line : split(preview.diff, '\n')) {
      diff += diff.empty() && line.data() == preview.diff.data() ? shown(line) : '\n' + shown(line);
    }
    Json json = Json::object();
    json.set("kind", step->kind()).set("target", step->target()).set("action", std::move(preview.action));
    json.set("summary", std::move(preview.summary)).set("diff", std::move(diff)).set("argv", std::move(argv));
    steps.push(std::move(json));
  }
  return steps;
}

}  // namespace kubeferry::steps
