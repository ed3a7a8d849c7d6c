// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/rehearsal/unit_file.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <utility>

#include <kubeferry/base/text.hpp>

namespace kubeferry::rehearsal {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> k_folders = {"/etc/systemd/system", "/run/systemd/system",
                                                       "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
                                                       "/lib/systemd/system"};
constexpr std::array<std::string_view, 9> k_suffixes = {".service", ".target", ".socket", ".timer", ".mount",
                                                        ".path",    ".slice",  ".scope",  ".device"};

bool is_masked(const host::Host& host, const std::string& path) {
  std::error_code error;
  const fs::path at = host.at(path);
  if (fs::is_symlink(at, error)) {
    return fs::read_symlink(at, error) == "/dev/null";
  }
  return fs::is_regular_file(at, error) && fs::file_size(at, error) == 0;
}

bool is_there(const host::Host& host, const std::string& path) {
  std::error_code error;
  const auto status = fs::symlink_status(host.at(path), error);
  return !error && fs::exists(status);
}

/// By name; of two with one name the earlier folder's counts.
std::vector<std::string> drop_ins_of(const host::Host& host, const std::string& name) {
  std::map<std::string, std::string> found;
  for (const auto folder : k_folders) {
    const std::string directory = fmt::format("{}/{}.d", folder, name);
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(host.at(directory), ignored)) {
      if (entry.path().extension() == ".conf") {
        const std::string file = entry.path().filename();
        found.try_emplace(file, fmt::format("{}/{}", directory, file));
      }
    }
  }
  std::vector<std::string> paths;
  for (const auto& [file, path] : found) {
    if (!is_masked(host, path)) {
      paths.push_back(path);
    }
  }
  return paths;
}

}  // namespace

void UnitSettings::add(std::string_view text) {
  std::string section;
  std::string whole;
  for (const auto raw : split(text, '\n')) {
    const std::string_view line = trim(raw);
    if (line.starts_with('#') || line.starts_with(';')) {
      continue;  // also between the parts of a continued line
    }
    if (line.ends_with('\\')) {
      whole += std::string(line.substr(0, line.size() - 1)) + ' ';
      continue;
    }
    whole += line;
    const std::string said = std::exchange(whole, {});
    if (said.starts_with('[') && said.ends_with(']')) {
      section = said.substr(1, said.size() - 2);
    } else if (const auto equals = said.find('='); equals != std::string::npos && equals > 0) {
      const std::string key = fmt::format("{}.{}", section, trim(std::string_view(said).substr(0, equals)));
      const auto value = trim(std::string_view(said).substr(equals + 1));
      auto& all = values_[key];
      if (value.empty()) {
        all.clear();
      } else {
        all.emplace_back(value);
      }
    }
  }
}

std::vector<std::string> UnitSettings::values(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

std::string UnitSettings::value(std::string_view key, std::string_view otherwise) const {
  const auto found = values_.find(key);
  return std::string(found == values_.end() || found->second.empty() ? otherwise : found->second.back());
}

bool UnitSettings::is_true(std::string_view key) const {
  const std::string word = lower(value(key));
  return word == "1" || word == "yes" || word == "true" || word == "on";
}

std::chrono::milliseconds UnitSettings::span(std::string_view key, std::chrono::milliseconds otherwise) const {
  return parse_span(value(key)).value_or(otherwise);
}

std::string unit_name(std::string_view word) {
  const bool full = std::ranges::any_of(k_suffixes, [word](std::string_view suffix) { return word.ends_with(suffix); });
  return full ? std::string(word) : fmt::format("{}.service", word);
}

std::optional<UnitFile> load_unit(const host::Host& host, const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return std::nullopt;
  }
  for (const auto folder : k_folders) {
    const std::string path = fmt::format("{}/{}", folder, name);
    if (!is_there(host, path)) {
      continue;
    }
    UnitFile unit{.name = name, .path = path, .masked = is_masked(host, path)};
    if (unit.masked) {
      return unit;
    }
    unit.drop_ins = drop_ins_of(host, name);
    unit.settings.add(host.text(path).value_or(""));
    for (const auto& drop_in : unit.drop_ins) {
      unit.settings.add(host.text(drop_in).value_or(""));
    }
    return unit;
  }
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> parse_span(std::string_view text) {
  using std::chrono::milliseconds;
  constexpr milliseconds k_for_ever = std::chrono::hours(24 * 3650);
  constexpr std::pair<std::string_view, double> k_units[] = {
      {"ms", 1},          {"msec", 1},       {"", 1000},      {"s", 1000},       {"sec", 1000},
      {"second", 1000},   {"seconds", 1000}, {"m", 60000},    {"min", 60000},    {"minute", 60000},
      {"minutes", 60000}, {"h", 3600000},    {"hr", 3600000}, {"hour", 3600000}, {"hours", 3600000}};
  std::string_view rest = trim(text);
  if (rest == "infinity") {
    return k_for_ever;
  }
  double total = 0;
  bool any = false;
  while (!rest.empty()) {
    double number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || number < 0) {
      return std::nullopt;
    }
    rest = trim(rest.substr(static_cast<std::size_t>(end - rest.data())));
    const auto letters =
        static_cast<std::size_t>(std::ranges::find_if(rest, [](char c) { return c < 'a' || c > 'z'; }) - rest.begin());
    const auto* unit = std::ranges::find(k_units, rest.substr(0, letters), &std::pair<std::string_view, double>::first);
    if (unit == std::end(k_units)) {
      return std::nullopt;
    }
    total += number * unit->second;
    any = true;
    rest = trim(rest.substr(letters));
  }
  if (!any) {
    return std::nullopt;
  }
  return std::min(k_for_ever, milliseconds(static_cast<std::int64_t>(total)));
}

}  // namespace kubeferry::rehearsal
