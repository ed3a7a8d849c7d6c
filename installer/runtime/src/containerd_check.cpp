// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include <kubeferry/base/text.hpp>

#include "containerd_dialect.hpp"

namespace kubeferry::runtime {

namespace {

class Comparison {
public:
  explicit Comparison(const TomlText& dump) : dump_(dump) {}

  void expect(const TomlPath& path, std::string_view wanted) {
    const auto found = dump_.raw(path).value_or("not set");
    const auto text = dump_.string(path);
    if (found != wanted && text != wanted) {
      differences.push_back(
          fmt::format("{} is {}, not {}", toml_key(path), printable(text.value_or(std::string(found))), wanted));
    }
  }
  /// Only where this containerd knows the key.
  void expect_if_known(const TomlPath& path, std::string_view wanted) {
    if (dump_.raw(path)) {
      expect(path, wanted);
    }
  }

  std::vector<std::string> differences;

private:
  const TomlText& dump_;
};

void compare_cni(const TomlText& dump, const Dialect& dialect, const ContainerdWants& wants, Comparison& comparison) {
  const TomlPath path = below(dialect.cni, {"bin_dirs"});
  const auto directories = dump.strings(path).value_or(TomlPath{});
  if (directories.empty()) {
    comparison.expect(below(dialect.cni, {"bin_dir"}), wants.cni_bin_directories.front());
    return;
  }
  const auto& first = wants.cni_bin_directories.front();
  if (std::find(directories.begin(), directories.end(), first) == directories.end()) {
    comparison.differences.push_back(fmt::format("{} does not have {}", toml_key(path), first));
  }
}

}  // namespace

Result<std::vector<std::string>> differences_in_dump(std::string_view dump, const ContainerdWants& wants) {
  KF_TRY_ASSIGN(const TomlText toml, TomlText::parse(std::string(dump), "containerd config dump"));
  const auto raw = toml.raw({"version"}).value_or("");
  int number = 0;
  std::from_chars(raw.data(), raw.data() + raw.size(), number);
  const Dialect dialect = dialect_of(number);
  Comparison comparison(toml);
  comparison.expect(dialect.sandbox, wants.sandbox_image);
  const TomlPath registry = below(dialect.registry, {"config_path"});
  const std::string paths = toml.string(registry).value_or("");
  if (split(paths, ':').front() != wants.registry_directory) {
    comparison.expect(registry, wants.registry_directory);
  }
  comparison.expect(below(dialect.runtimes, {"runc", "runtime_type"}), "io.containerd.runc.v2");
  comparison.expect(below(dialect.runtimes, {"runc", "options", "SystemdCgroup"}),
                    wants.cgroup_driver == CgroupDriver::systemd ? "true" : "false");
  if (wants.restrict_oom_score == RestrictOomScore::yes) {
    comparison.expect(dialect.restrict_oom_score, "true");
  }
  compare_cni(toml, dialect, wants, comparison);
  comparison.expect_if_known({"plugins", "io.containerd.service.v1.diff-service", "sync_fs"}, "true");
  if (number < 3) {
    comparison.expect_if_known({"plugins", "io.containerd.grpc.v1.cri", "image_pull_with_sync_fs"}, "true");
  }
  for (const std::string& plugin : toml.strings({"disabled_plugins"}).value_or(TomlPath{})) {
    if (is_cri(plugin)) {
      comparison.differences.push_back(fmt::format("disabled_plugins has {}", plugin));
    }
  }
  return std::move(comparison.differences);
}

Result<std::vector<std::string>> containerd_differences(const host::Host& host, std::string_view containerd,
                                                        const Version& version, std::string_view path,
                                                        const ContainerdWants& wants) {
  constexpr Version k_migrates{2, 0, 0};
  KF_TRY_ASSIGN(const std::string dump, host.output_of({std::string(containerd), "--config", std::string(path),
                                                        "config", version < k_migrates ? "dump" : "migrate"}));
  return differences_in_dump(dump, wants);
}

}  // namespace kubeferry::runtime
