// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/x509.hpp>
#include <kubeferry/registry_server/server.hpp>

// Certificates for our own registry: an authority that clients are told of, and what it signs.
namespace kubeferry::installer {

/// A new authority, for ten years. bug error when OpenSSL refuses.
Result<crypto::Identity> make_registry_authority(TimePoint now);

/// A server's certificate for `names` (host names and addresses) by `authority`, for `period` or until the authority's
/// end: the chain, authority last, and the key. usage error for a name that is none.
Result<registry_server::TlsIdentity> make_registry_identity(const crypto::Identity& authority,
                                                            std::span<const std::string> names, TimePoint now,
                                                            std::chrono::seconds period);

/// Where an authority's certificate and key are kept in `directory`. Clients need the former only.
[[nodiscard]] std::filesystem::path authority_certificate(const std::filesystem::path& directory);
[[nodiscard]] std::filesystem::path authority_key(const std::filesystem::path& directory);

/// Where a server's certificate comes from, and when a new one is due.
class IdentitySource {
public:
  /// The user's files. They are watched: other certificates renew themselves under the same names. A key below
  /// `credentials` (systemd's CREDENTIALS_DIRECTORY; empty: none) may look readable to its group, which is how systemd
  /// gives it to the service alone; any other key must be its owner's only.
  static IdentitySource from_files(std::string certificate, std::string key, std::filesystem::path credentials = {});

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
  std::filesystem::path credentials_;
  std::filesystem::path directory_;
  std::vector<std::string> names_;
  std::chrono::system_clock::time_point next_;  // when a new one of our own is due
  std::pair<FileTime, FileTime> loaded_times_;
};

}  // namespace kubeferry::installer
