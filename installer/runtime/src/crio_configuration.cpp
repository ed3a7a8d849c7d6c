// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/runtime/crio_configuration.hpp>

#include <kubeferry/runtime/toml.hpp>

namespace kubeferry::runtime {

namespace {

/// Further nodes that serve, asked before the location itself: containers-registries.conf(5) tries mirrors first.
std::string with_mirrors(std::span<const std::string> registries, std::span<const installer::RegistryPlace> places) {
  std::string out;
  for (const std::string& registry : registries) {
    const std::span one(&registry, 1);
    const auto main = installer::served_redirects(one, places.front());
    out += installer::registries_conf(main);
    for (const auto& place : places.subspan(1)) {
      const auto mirror = installer::served_redirects(one, place).front();
      out += "\n[[registry.mirror]]\nlocation = " + to_toml(std::string_view(mirror.place.name())) + "\n";
      out += mirror.place.plain_http ? "insecure = true\n" : "";
    }
  }
  return out;
}

}  // namespace

std::string crio_drop_in(const CrioWants& wants) {
  const bool systemd = wants.cgroup_driver == CgroupDriver::systemd;
  std::string out = "# Written by kubeferry.\n[crio.image]\n";
  out += fmt::format("pause_image = {}\n", to_toml(std::string_view(wants.sandbox_image)));
  if (!wants.pinned_images.empty()) {
    out += fmt::format("pinned_images = {}\n", to_toml(std::span(wants.pinned_images)));
  }
  out += fmt::format("\n[crio.runtime]\ncgroup_manager = \"{}\"\n", systemd ? "systemd" : "cgroupfs");
  // Without systemd's slices CRI-O wants conmon in the Pod's own group.
  out += systemd ? "" : "conmon_cgroup = \"pod\"\n";
  return out + fmt::format("\n[crio.network]\nplugin_dirs = {}\n", to_toml(std::span(wants.cni_bin_directories)));
}

std::vector<ConfigurationFile> crio_files(const CrioWants& wants, std::span<const std::string> registries,
                                          std::span<const installer::RegistryPlace> places, std::string_view ca_pem) {
  std::vector<ConfigurationFile> files = {{std::string(k_crio_drop_in), crio_drop_in(wants)},
                                          {std::string(k_registries_drop_in), with_mirrors(registries, places)}};
  for (const auto& place : places) {
    if (!ca_pem.empty() && !place.plain_http) {
      files.push_back({fmt::format("/etc/containers/certs.d/{}/ca.crt", place.host), std::string(ca_pem)});
    }
  }
  return files;
}

}  // namespace kubeferry::runtime
