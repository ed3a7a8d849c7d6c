// SPDX-License-Identifier: Apache-2.0
#include "containerd_files.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <deque>
#include <filesystem>

#include <kubeferry/base/text.hpp>
#include <kubeferry/runtime/toml.hpp>

namespace kubeferry::runtime {

namespace {

constexpr std::string_view k_unit = "containerd.service";

/// The files of `directory` that match `pattern`, sorted, as Go's filepath.Glob. Only the last component has stars.
std::vector<std::string> matching(const host::Host& host, const std::filesystem::path& pattern) {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(host.at(pattern.parent_path().native()), ignored)) {
    const std::string name = entry.path().filename();
    if (::fnmatch(pattern.filename().c_str(), name.c_str(), 0) == 0) {
      found.push_back(pattern.parent_path() / name);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> imports_of(const host::Host& host, const std::string& path, const TomlText& toml) {
  std::vector<std::string> paths;
  for (const std::string& pattern : toml.strings({"imports"}).value_or(TomlPath{})) {
    const auto full = (std::filesystem::path(path).parent_path() / pattern).lexically_normal();
    if (pattern.find('*') == std::string::npos) {
      paths.push_back(full);
    } else {
      const auto more = matching(host, full);
      paths.insert(paths.end(), more.begin(), more.end());
    }
  }
  return paths;
}

/// The last ExecStart= of a unit or drop-in that starts something.
std::optional<std::string> exec_start(std::string_view unit) {
  constexpr std::string_view k_key = "ExecStart=";
  std::optional<std::string> last;
  for (const auto line : split(unit, '\n')) {
    const auto value = trim(line).starts_with(k_key) ? trim(trim(line).substr(k_key.size())) : std::string_view();
    last = value.empty() ? last : std::string(value);
  }
  return last;
}

}  // namespace

std::string configuration_path(const host::Host& host) {
  std::optional<std::string> command;
  const auto look = [&](const std::string& path) {
    if (const auto found = exec_start(host.text(path).value_or(""))) {
      command = found;
    }
  };
  if (const auto path = unit_path(host, k_unit)) {
    look(*path);
  }
  for (const auto* directory : {"/lib", "/usr/lib", "/etc"}) {
    for (const auto& drop_in : matching(host, fmt::format("{}/systemd/system/{}.d/*.conf", directory, k_unit))) {
      look(drop_in);
    }
  }
  const std::string line = command.value_or("");
  const auto words = split(line, ' ');
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (const std::string_view option : {"--config", "-config", "-c"}) {
      if (words[i] == option && i + 1 < words.size()) {
        return std::string(words[i + 1]);
      }
      if (words[i].starts_with(option) && words[i].substr(option.size()).starts_with('=')) {
        return std::string(words[i].substr(option.size() + 1));
      }
    }
  }
  return std::string(k_containerd_configuration);
}

Result<std::vector<ConfigurationFile>> configuration_files(const host::Host& host, const std::string& path) {
  std::vector<ConfigurationFile> files;
  for (std::deque<std::string> pending = {path}; !pending.empty(); pending.pop_front()) {
    const std::string next = pending.front();
    const bool loaded =
        std::any_of(files.begin(), files.end(), [&](const ConfigurationFile& file) { return file.path == next; });
    auto text = loaded ? std::nullopt : host.text(next);
    if (text) {
      KF_TRY_ASSIGN(const TomlText toml, TomlText::parse(*text, next));
      const auto more = imports_of(host, next, toml);
      pending.insert(pending.end(), more.begin(), more.end());
      files.push_back({next, std::move(*text)});
    }
  }
  return files;
}

Result<std::string> socket_of(const std::vector<ConfigurationFile>& configuration) {
  std::string socket(k_containerd_socket);
  for (const ConfigurationFile& file : configuration) {
    KF_TRY_ASSIGN(const TomlText toml, TomlText::parse(file.text, file.path));
    for (const TomlPath& path :
         {TomlPath{"grpc", "address"}, TomlPath{"plugins", "io.containerd.server.v1.grpc", "address"}}) {
      if (const auto address = toml.string(path); address && !address->empty()) {
        socket = *address;
      }
    }
  }
  return socket;
}

}  // namespace kubeferry::runtime
