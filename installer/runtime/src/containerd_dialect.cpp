// SPDX-License-Identifier: Apache-2.0
#include "containerd_dialect.hpp"

#include <algorithm>
#include <array>

namespace kubeferry::runtime {

namespace {

constexpr Version k_version_2{2, 0, 0};
constexpr Version k_bin_directories{2, 1, 0};  // cni.bin_dirs
constexpr Version k_two_directories{2, 2, 0};  // registry.config_path has a default, and Docker's directory is in it
constexpr Version k_version_4{2, 3, 0};
constexpr Version k_image_pull_sync_fs{1, 7, 14};

std::vector<std::string> all_of(std::vector<std::string> list, const std::vector<std::string>& more) {
  std::copy_if(more.begin(), more.end(), std::back_inserter(list),
               [&](const std::string& one) { return std::find(list.begin(), list.end(), one) == list.end(); });
  return list;
}

std::string_view as_toml(bool value) { return value ? "true" : "false"; }

}  // namespace

TomlPath below(TomlPath path, std::initializer_list<std::string_view> names) {
  path.insert(path.end(), names.begin(), names.end());
  return path;
}

Dialect dialect_of(int configuration_version) {
  if (configuration_version < 3) {
    const TomlPath cri = {"plugins", "io.containerd.grpc.v1.cri"};
    return {.configuration_version = configuration_version,
            .sandbox = below(cri, {"sandbox_image"}),
            .registry = below(cri, {"registry"}),
            .runtimes = below(cri, {"containerd", "runtimes"}),
            .cni = below(cri, {"cni"}),
            .restrict_oom_score = below(cri, {"restrict_oom_score_adj"})};
  }
  const TomlPath images = {"plugins", "io.containerd.cri.v1.images"};
  const TomlPath runtime = {"plugins", "io.containerd.cri.v1.runtime"};
  return {.configuration_version = configuration_version,
          .sandbox = below(images, {"pinned_images", "sandbox"}),
          .registry = below(images, {"registry"}),
          .runtimes = below(runtime, {"containerd", "runtimes"}),
          .cni = below(runtime, {"cni"}),
          .restrict_oom_score = below(runtime, {"restrict_oom_score_adj"})};
}

int newest_configuration_version(const Version& version) {
  return version < k_version_2 ? 2 : version < k_version_4 ? 3 : 4;
}

std::vector<Setting> settings(const Version& version, const Dialect& dialect, const ContainerdWants& wants,
                              const Surroundings& surroundings) {
  std::vector<Setting> out;
  out.push_back({dialect.sandbox, to_toml(wants.sandbox_image)});
  if (wants.restrict_oom_score == RestrictOomScore::yes) {
    out.push_back({dialect.restrict_oom_score, "true"});
  }
  if (version < k_version_2 && version >= k_image_pull_sync_fs) {
    out.push_back({{"plugins", "io.containerd.grpc.v1.cri", "image_pull_with_sync_fs"}, "true"});
  }
  const bool many = version >= k_bin_directories && dialect.configuration_version >= 3 && !surroundings.bin_dir_set;
  out.push_back({below(dialect.cni, {many ? "bin_dirs" : "bin_dir"}),
                 many ? to_toml(all_of(wants.cni_bin_directories, surroundings.bin_directories))
                      : to_toml(wants.cni_bin_directories.front())});
  if (!surroundings.registry_set) {
    const bool two = version >= k_two_directories && wants.registry_directory == k_registry_directory;
    out.push_back({below(dialect.registry, {"config_path"}),
                   to_toml(wants.registry_directory + (two ? ":/etc/docker/certs.d" : ""))});
  }
  if (!surroundings.runtime_type_set) {
    out.push_back({below(dialect.runtimes, {"runc", "runtime_type"}), "\"io.containerd.runc.v2\""});
  }
  for (const std::string& runtime : surroundings.runtimes) {
    out.push_back({below(dialect.runtimes, {runtime, "options", "SystemdCgroup"}),
                   std::string(as_toml(wants.cgroup_driver == CgroupDriver::systemd))});
  }
  if (version >= k_version_2) {
    out.push_back({{"plugins", "io.containerd.service.v1.diff-service", "sync_fs"}, "true"});
  }
  return out;
}

bool is_cri(std::string_view plugin) {
  constexpr std::array<std::string_view, 4> k_names = {"cri", "io.containerd.grpc.v1.cri",
                                                       "io.containerd.cri.v1.runtime", "io.containerd.cri.v1.images"};
  return std::find(k_names.begin(), k_names.end(), plugin) != k_names.end();
}

}  // namespace kubeferry::runtime
