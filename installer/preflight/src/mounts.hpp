// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <kubeferry/host/host.hpp>

namespace kubeferry::preflight {

/// A line of /proc/self/mountinfo (proc(5)).
struct Mount {
  std::string device;  ///< major:minor
  std::string point;
  std::string options;  ///< of the mount: "rw,nosuid,noexec"
  std::string type;     ///< "ext4"
  std::string super_options;

  /// Whether it, or the file system it is of, has an option such as "ro".
  [[nodiscard]] bool has(std::string_view option) const;
};

/// In the order in which they were mounted; empty when the file cannot be read.
[[nodiscard]] std::vector<Mount> read_mounts(const host::Host& host);

/// The mount that `path` (without links) is on; null pointer when there is none.
[[nodiscard]] const Mount* mount_of(const std::vector<Mount>& mounts, const std::filesystem::path& path);

}  // namespace kubeferry::preflight
