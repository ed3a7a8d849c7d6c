// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/runtime/containerd_configuration.hpp>
#include <kubeferry/runtime/toml.hpp>
#include <kubeferry/runtime/version.hpp>

namespace kubeferry::runtime {

/// Where the things we set stand in a version of containerd's configuration.
struct Dialect {
  int configuration_version = 2;
  TomlPath sandbox;
  TomlPath registry;
  TomlPath runtimes;
  TomlPath cni;
  TomlPath restrict_oom_score;
};
/// `configuration_version` 2 to 4.
[[nodiscard]] Dialect dialect_of(int configuration_version);
/// The newest configuration version that containerd `version` knows.
[[nodiscard]] int newest_configuration_version(const Version& version);

/// {path} below `path`.
[[nodiscard]] TomlPath below(TomlPath path, std::initializer_list<std::string_view> names);

struct Setting {
  TomlPath path;
  std::string value;  ///< as TOML writes it
};
/// What a host's configuration says already that decides what we set.
struct Surroundings {
  std::vector<std::string> runtimes = {"runc"};  ///< that run with runc, under their names
  bool runtime_type_set = false;                 ///< runc's
  bool registry_set = false;                     ///< config_path
  bool bin_dir_set = false;                      ///< cni.bin_dir, which excludes bin_dirs
  std::vector<std::string> bin_directories;      ///< cni.bin_dirs
};
[[nodiscard]] std::vector<Setting> settings(const Version& version, const Dialect& dialect,
                                            const ContainerdWants& wants, const Surroundings& surroundings);

/// The plugins that make up CRI, as disabled_plugins may name them.
[[nodiscard]] bool is_cri(std::string_view plugin);

}  // namespace kubeferry::runtime
