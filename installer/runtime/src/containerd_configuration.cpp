// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/containerd_configuration.hpp>

#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <kubeferry/base/text.hpp>

#include "containerd_dialect.hpp"

namespace kubeferry::runtime {

namespace {

constexpr std::string_view k_first_words = "# Written by kubeferry";
constexpr std::string_view k_runc_type = "io.containerd.runc.v2";
constexpr Version k_second{2, 0, 0};

struct Text {
  std::string path;
  TomlText toml;
  std::string before;
};

Status set_all(TomlText& toml, const std::vector<Setting>& wanted) {
  for (const Setting& setting : wanted) {
    KF_TRY(toml.set(setting.path, setting.value));
  }
  return {};
}

/// A text of ours from the start.
Result<std::string> made(const Version& version, int configuration_version, const ContainerdWants& wants,
                         const Surroundings& surroundings) {
  KF_TRY_ASSIGN(TomlText toml,
                TomlText::parse(fmt::format("{}.\nversion = {}\n", k_first_words, configuration_version), ""));
  KF_TRY(set_all(toml, settings(version, dialect_of(configuration_version), wants, surroundings)));
  return toml.text();
}

int configuration_version(const TomlText& toml) {
  const auto raw = toml.raw({"version"}).value_or("1");
  int value = 1;
  std::from_chars(raw.data(), raw.data() + raw.size(), value);
  return value;
}

/// Takes CRI out of disabled_plugins.
Status enable_cri(TomlText& toml) {
  const TomlPath path = {"disabled_plugins"};
  auto disabled = toml.strings(path);
  if (!disabled || std::none_of(disabled->begin(), disabled->end(), is_cri)) {
    return {};
  }
  std::erase_if(*disabled, is_cri);
  return toml.set(path, to_toml(*disabled));
}

/// A text without version, or of version 1, that says nothing which version 2 says differently becomes one of version
/// 2: Docker's package brings such a one to switch CRI off.
Status raise_version(TomlText& toml, std::string_view path) {
  if (configuration_version(toml) >= 2) {
    return {};
  }
  const bool plain = !toml.has({"plugins"}) && toml.strings({"disabled_plugins"}).value_or(TomlPath{}).empty() &&
                     toml.strings({"required_plugins"}).value_or(TomlPath{}).empty();
  if (!plain) {
    return Failure(
        fail(ExitCode::unsupported_host, "{}: is of configuration version 1, which is not adapted", path)
            .value()
            .prefixed("containerd")
            .with_hint(
                "write it as version 2 (containerd 2 does that by: containerd config migrate), or move it away"));
  }
  return toml.set({"version"}, "2");
}

Status check_registry(const Text& text, const TomlPath& registry) {
  const auto conflict = [&](const TomlPath& path) {
    return Failure(fail(ExitCode::unsupported_host, "{}: {} excludes the registry.config_path that is needed",
                        text.path, toml_key(path))
                       .value()
                       .with_hint("move it to hosts.toml files in /etc/containerd/certs.d, then remove the table"));
  };
  if (const TomlPath mirrors = below(registry, {"mirrors"}); !text.toml.names_below(mirrors).empty()) {
    return conflict(mirrors);
  }
  const TomlPath configs = below(registry, {"configs"});
  for (const std::string& host : text.toml.names_below(configs)) {
    if (const TomlPath tls = below(configs, {host, "tls"}); text.toml.has(tls)) {
      return conflict(tls);
    }
  }
  return {};
}

Surroundings surroundings_of(const std::vector<Text>& texts, const Dialect& dialect) {
  Surroundings found;
  for (const Text& text : texts) {
    for (const std::string& name : text.toml.names_below(dialect.runtimes)) {
      const bool runs_runc = text.toml.string(below(dialect.runtimes, {name, "runtime_type"})) == k_runc_type;
      const bool new_one = std::find(found.runtimes.begin(), found.runtimes.end(), name) == found.runtimes.end();
      if (runs_runc && new_one) {
        found.runtimes.push_back(name);
      }
    }
    found.runtime_type_set =
        found.runtime_type_set || text.toml.raw(below(dialect.runtimes, {"runc", "runtime_type"})).has_value();
    if (auto directories = text.toml.strings(below(dialect.cni, {"bin_dirs"}))) {
      found.bin_directories = std::move(*directories);
    }
    found.bin_dir_set = found.bin_dir_set || text.toml.raw(below(dialect.cni, {"bin_dir"})).has_value();
  }
  return found;
}

/// The first directory that the host's owner named, the last file counting.
std::optional<std::string> chosen_directory(const std::vector<Text>& texts, const Dialect& dialect) {
  std::optional<std::string> chosen;
  for (const Text& text : texts) {
    const auto paths = text.toml.string(below(dialect.registry, {"config_path"}));
    if (paths && !paths->empty()) {
      chosen = std::string(split(*paths, ':').front());
    }
  }
  return chosen;
}

bool imports_drop_in(const Text& main) {
  const auto directory = std::filesystem::path(main.path).parent_path();
  for (const std::string& pattern : main.toml.strings({"imports"}).value_or(TomlPath{})) {
    const std::string full = (directory / pattern).lexically_normal().native();
    // As Go's filepath.Glob: a star matches no slash.
    if (::fnmatch(full.c_str(), std::string(k_containerd_drop_in).c_str(), FNM_PATHNAME) == 0) {
      return true;
    }
  }
  return false;
}

Status import_drop_in(Text& main) {
  if (imports_drop_in(main)) {
    return {};
  }
  // The file and not its folder: what else lies there is not ours to switch on.
  auto imports = main.toml.strings({"imports"}).value_or(TomlPath{});
  imports.emplace_back(k_containerd_drop_in);
  return main.toml.set({"imports"}, to_toml(imports));
}

/// The file whose CRI section containerd 1.x takes: the last that has one.
Text& counting(std::vector<Text>& texts) {
  const TomlPath cri = {"plugins", "io.containerd.grpc.v1.cri"};
  const auto found = std::find_if(texts.rbegin(), texts.rend(), [&](const Text& text) { return text.toml.has(cri); });
  return found == texts.rend() ? texts.front() : *found;
}

Result<std::vector<Text>> parsed(std::span<const ConfigurationFile> existing) {
  std::vector<Text> texts;
  for (const ConfigurationFile& file : existing) {
    // Ours is written anew, whatever an earlier run put there.
    if (file.path != k_containerd_drop_in) {
      KF_TRY_ASSIGN(TomlText toml, TomlText::parse(file.text, file.path));
      KF_TRY(enable_cri(toml));
      KF_TRY(raise_version(toml, file.path));
      texts.push_back({file.path, std::move(toml), file.text});
    }
  }
  return texts;
}

Result<ContainerdConfiguration> adapted(const Version& version, std::vector<Text> texts, ContainerdWants wants) {
  const int number = configuration_version(texts.front().toml);
  if (number > newest_configuration_version(version)) {
    return fail(ExitCode::unsupported_host, "{}: configuration version {} is newer than containerd {} knows",
                texts.front().path, number, version.to_string());
  }
  const Dialect dialect = dialect_of(number);
  for (const Text& text : texts) {
    KF_TRY(check_registry(text, dialect.registry));
  }
  Surroundings surroundings = surroundings_of(texts, dialect);
  ContainerdConfiguration result;
  const auto chosen = chosen_directory(texts, dialect);
  surroundings.registry_set = chosen.has_value();
  result.registry_directory = chosen.value_or(wants.registry_directory);
  if (version < k_second || texts.front().before.starts_with(k_first_words)) {
    KF_TRY(set_all(counting(texts).toml, settings(version, dialect, wants, surroundings)));
  } else {
    KF_TRY_ASSIGN(std::string text, made(version, number, wants, surroundings));
    result.files.push_back({std::string(k_containerd_drop_in), std::move(text)});
    KF_TRY(import_drop_in(texts.front()));
  }
  for (Text& text : texts) {
    if (text.toml.text() != text.before) {
      result.files.push_back({text.path, text.toml.text()});
    }
  }
  return result;
}

}  // namespace

std::string fresh_containerd_configuration(const Version& version, const ContainerdWants& wants) {
  // Nothing stands in the way of setting a value in a text without tables.
  return made(version, newest_configuration_version(version), wants, {}).value_or(std::string());
}

Result<ContainerdConfiguration> containerd_configuration(const Version& version, std::string_view path,
                                                         std::span<const ConfigurationFile> existing,
                                                         const ContainerdWants& wants) {
  KF_TRY_ASSIGN(std::vector<Text> texts, parsed(existing));
  if (texts.empty() || trim(texts.front().before).empty()) {
    return ContainerdConfiguration{{{std::string(path), fresh_containerd_configuration(version, wants)}},
                                   wants.registry_directory};
  }
  return adapted(version, std::move(texts), wants);
}

}  // namespace kubeferry::runtime
