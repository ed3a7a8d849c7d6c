// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/progress.hpp>
#include <kubeferry/bundle/extract.hpp>
#include <kubeferry/host/host.hpp>

// Installing a bundle's packages by the host's own package manager (docs/packages.md).
namespace kubeferry::host_packages {

/// Where a repository lies while it is installed from. Gone afterwards.
inline constexpr std::string_view k_folder = "/var/cache/kubeferry-packages";

struct InstallOptions {
  std::vector<std::string> names;  ///< empty: what the repository was made for
  bool dry_run = false;            ///< only find out what would be installed
  std::size_t threads = 1;
  ProgressMode progress = ProgressMode::silent;         ///< of the extraction
  std::function<void(std::string_view)> info;           ///< gets lines; may be empty
  std::function<void(std::string_view piece)> program;  ///< what the package manager prints, as it comes; may be empty
  std::stop_token stop;                                 ///< obeyed until the package manager starts to change things
};

struct Package {
  std::string name;
  std::string version;
  [[nodiscard]] bool operator==(const Package&) const = default;
};

struct Outcome {
  std::vector<std::string> missing;   ///< of the names, those that were not installed
  std::vector<std::string> left_out;  ///< of the repository's own names, those for which something would have to go
  std::vector<Package> installed;     ///< new or of another version now, sorted by name; in a dry run what would be, as
                                      ///< far as the package manager says so beforehand
  bool repaired = false;              ///< what an interrupted run had left was finished first
};

/// Installs what of `names` is missing, and what that needs, from `repository` alone: no other source is asked, and the
/// host's lists of packages, its sources and its configuration stay as they are. Nothing is removed for it: a name that
/// the repository was made for, and that nobody gave, is left out, and `info` told so, when something would have to go.
///
/// usage error for a name that is none; unsupported_host error without a package manager for the repository's format;
/// locked error while another run or another package manager is at work; errors of reading the bundle; no_space and
/// io errors, with the last that the package manager said. Killed at any time, the next run finishes it.
Result<Outcome> install(const host::Host& host, const bundle::Contents& bundle,
                        const bundle::PackageRepository& repository, const InstallOptions& options);

/// The system below `root`, entered by chroot(8) for every program. usage error when there is none; unsupported_host
/// error when its /var/cache leads out of it. An empty `root` is this machine.
Result<host::Host> host_below(const std::string& root);

}  // namespace kubeferry::host_packages
