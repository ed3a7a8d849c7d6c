// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <kubeferry/registry_server/server.hpp>

namespace kubeferry::cli {

/// Where a server's certificate comes from, and when a new one is due.
class IdentitySource {
public:
  /// The user's files. They are watched: other certificates renew themselves under the same names.
  static IdentitySource from_files(std::string certificate, std::string key);

  /// A certificate of our own for `names` (host names and addresses), signed by the authority in `directory`
  /// (kubeferry-ca.crt, kubeferry-ca.key), which is made there when it is missing. Clients need the former only, and
  /// keep it when the server starts again. Holds for a year; a new one is due after eight months.
  static IdentitySource own(std::filesystem::path directory, std::vector<std::string> names);

  /// usage, auth and io errors of reading the files; of making a certificate, io and bug.
  Result<registry_server::TlsIdentity> load();

  /// Whether load() would give another identity than the last time.
  [[nodiscard]] bool is_due() const;

private:
  using FileTime = std::filesystem::file_time_type;
  [[nodiscard]] std::pair<FileTime, FileTime> file_times() const;

  std::string certificate_;
  std::string key_;
  std::filesystem::path directory_;
  std::vector<std::string> names_;
  std::chrono::system_clock::time_point next_;  // when a new one of our own is due
  std::pair<FileTime, FileTime> loaded_times_;
};

/// Where IdentitySource::own() keeps the certificate that clients need.
[[nodiscard]] std::filesystem::path authority_certificate(const std::filesystem::path& directory);

}  // namespace kubeferry::cli
