// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/host_packages/distribution.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>
#include <kubeferry/platforms/platform.hpp>

namespace kubeferry::host_packages {

Distribution read_distribution(const host::Host& host) {
  const std::string text = host.text("/etc/os-release").value_or(host.text("/usr/lib/os-release").value_or(""));
  const auto value = [&](std::string_view key) {
    std::string found;
    for (const auto line : split(text, '\n')) {
      const auto at = line.find('=');
      if (at != std::string_view::npos && trim(line.substr(0, at)) == key) {
        found = trim(line.substr(at + 1));
        std::erase_if(found, [](char c) { return c == '"' || c == '\''; });
      }
    }
    return found;
  };
  Distribution out{.id = value("ID"), .version = value("VERSION_ID"), .like = value("ID_LIKE"), .name = {}};
  out.name = value("PRETTY_NAME");
  if (out.name.empty()) {
    out.name =
        out.id.empty() ? "an unknown distribution" : std::string(trim(fmt::format("{} {}", out.id, out.version)));
  }
  return out;
}

Result<std::string> userland_platform(const host::Host& host) {
  std::vector<std::string> argv;
  if (auto dpkg = host.program("dpkg")) {
    argv = {std::move(*dpkg), "--print-architecture"};
  } else if (auto rpm = host.program("rpm")) {
    argv = {std::move(*rpm), "--eval", "%{_arch}"};
  } else {
    return fail(ExitCode::unsupported_host,
                "this host has neither dpkg nor rpm: its packages cannot be installed here");
  }
  KF_TRY_ASSIGN(const std::string said, host.output_of(std::move(argv)));
  const std::string name(trim(said));
  const auto platform = platforms::find(name);
  if (!platform) {
    return fail(ExitCode::unsupported_host, "this host's packages are for {}, which kubeferry carries nothing for",
                name.empty() ? "no architecture" : printable(name));
  }
  return std::string((*platform)->name);
}

}  // namespace kubeferry::host_packages
