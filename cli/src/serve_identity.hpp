// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <kubeferry/registry_server/server.hpp>

namespace kubeferry::cli {

/// The server's certificate from the user's files. usage, auth and io errors of reading them.
Result<registry_server::TlsIdentity> identity_from_files(const std::string& certificate, const std::string& key);

/// A certificate of our own for `names` (host names and addresses), signed by the authority in `directory`
/// (kubeferry-ca.crt, kubeferry-ca.key), which is made there when it is missing. Clients need the former only, and keep
/// it when the server starts again.
Result<registry_server::TlsIdentity> own_identity(const std::filesystem::path& directory,
                                                  const std::vector<std::string>& names);

/// Where own_identity() keeps the certificate that clients need.
[[nodiscard]] std::filesystem::path authority_certificate(const std::filesystem::path& directory);

}  // namespace kubeferry::cli
