// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/bundle/manifest.hpp>
#include <kubeferry/host/host.hpp>

// Which of a bundle's package repositories is for a host.
namespace kubeferry::host_packages {

/// What os-release(5) says; members that it does not have are empty.
struct Distribution {
  std::string id;       ///< "debian"
  std::string version;  ///< VERSION_ID: "12", "9.3"
  std::string like;     ///< ID_LIKE: "rhel centos fedora"
  std::string name;     ///< PRETTY_NAME, or what there is instead
};

/// Reads /etc/os-release, or /usr/lib/os-release.
[[nodiscard]] Distribution read_distribution(const host::Host& host);

/// The platform of the host's programs ("linux/arm") as its package manager has it, which under a 64-bit kernel may be
/// another than the kernel's. unsupported_host error when there is neither dpkg nor rpm, or it names none of ours.
Result<std::string> userland_platform(const host::Host& host);

/// The repository of `manifest` for this host: by its os-release, or the one called `named` ("debian-12") when that is
/// not empty. usage error for a name that the bundle does not have; unsupported_host error, with what there is instead
/// and the option that would take it, when nothing is for this host.
Result<const bundle::PackageRepository*> for_host(const bundle::Manifest& manifest, const host::Host& host,
                                                  const std::string& named);

/// The repository that is meant by name and platform, either of which may be empty. With several left, the one for this
/// host. usage error that lists them when none is, or when nothing has that name or platform.
Result<const bundle::PackageRepository*> meant(const bundle::Manifest& manifest, const host::Host& host,
                                               const std::string& named, const std::string& platform);

/// What tells a package manager of a repository that lies in `directory` (absolute): a line of apt's sources.list, or a
/// section of a .repo file. Ends with a newline.
[[nodiscard]] std::string source_text(const bundle::PackageRepository& repository, std::string_view directory,
                                      bool check_signatures = false);

}  // namespace kubeferry::host_packages
