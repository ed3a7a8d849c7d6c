// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kubeferry/base/result.hpp>

namespace kubeferry::registry {

/// What a registry knows somebody by. Never printed, never in argv, never in an error.
struct Credentials {
  std::string username;
  std::string password;
  std::string identity_token;  ///< OAuth2 refresh token instead of a password; empty for none
};

/// Where credentials come from. Called from several threads.
class CredentialSource {
public:
  virtual ~CredentialSource() = default;
  /// Those for `registry` ("docker.io", "harbor.corp:8443"); nothing when there are none.
  virtual Result<std::optional<Credentials>> find(const std::string& registry) = 0;
};

/// Docker's config.json and Podman's auth.json: `auths`, `credHelpers`, `credsStore`.
class CredentialFiles final : public CredentialSource {
public:
  /// `files` in the order of their precedence; those that do not exist are passed over.
  explicit CredentialFiles(std::vector<std::filesystem::path> files) : files_(std::move(files)) {}

  /// auth error for: a file with secrets that everybody may read, one that cannot be read or is malformed, a helper
  /// whose name is not [a-z0-9-]+, one that fails or answers nonsense (M57). A helper that knows nothing is no error.
  Result<std::optional<Credentials>> find(const std::string& registry) override;

private:
  std::vector<std::filesystem::path> files_;
};

/// The usual places: $REGISTRY_AUTH_FILE, $DOCKER_CONFIG/config.json (else ~/.docker/config.json),
/// $XDG_RUNTIME_DIR/containers/auth.json. `environment` looks a variable up.
[[nodiscard]] std::vector<std::filesystem::path> usual_credential_files(
    const std::function<std::optional<std::string>(std::string_view)>& environment);

/// A user name, and the password that is the first line of `password_file`. auth error when it cannot be read, is
/// empty, or everybody may read it.
Result<Credentials> credentials_from_file(std::string username, const std::filesystem::path& password_file);

}  // namespace kubeferry::registry
