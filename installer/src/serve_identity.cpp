// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/installer/serve_identity.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <chrono>

#include <kubeferry/base/atomic_file.hpp>

namespace kubeferry::installer {

namespace {

constexpr std::uint64_t k_largest_chain = 256 * 1024;
constexpr auto k_authority_period = std::chrono::hours(24 * 3650);
constexpr auto k_server_period = std::chrono::hours(24 * 365);
constexpr auto k_renewed_after = std::chrono::hours(24 * 240);
constexpr auto k_tried_again_after = std::chrono::hours(1);
constexpr auto k_settled = std::chrono::seconds(1);
/// Clients whose clock is a little behind accept it too.
constexpr auto k_head_start = std::chrono::hours(1);

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> unused{};
  return ::inet_pton(AF_INET, name.c_str(), unused.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), unused.data()) == 1;
}

Result<crypto::Identity> load_or_make_authority(const std::filesystem::path& directory, TimePoint now) {
  const std::filesystem::path certificate = authority_certificate(directory);
  const std::filesystem::path key_file = authority_key(directory);
  std::error_code ignored;
  if (std::filesystem::exists(certificate, ignored)) {
    KF_TRY_ASSIGN(std::string pem, read_file(certificate, k_largest_chain));
    KF_TRY_ASSIGN(crypto::PrivateKey key, crypto::read_private_key(key_file));
    return crypto::Identity{std::move(pem), std::move(key)};
  }
  KF_TRY_ASSIGN(crypto::Identity made, make_registry_authority(now));
  KF_TRY_ASSIGN(const crypto::SecretText key, made.key.to_pem());
  if (std::filesystem::create_directories(directory, ignored); ignored) {
    return fail_errno(ignored.value(), directory.native());
  }
  // The key first: a certificate without its key would be believed for ten years and be of no use.
  KF_TRY(write_file_atomically(key_file, key.view(), 0600));
  KF_TRY(write_file_atomically(certificate, made.certificate_pem, 0644, Replace::refused));
  return made;
}

bool is_below(const std::filesystem::path& path, const std::filesystem::path& directory) {
  return !directory.empty() && path.lexically_normal().parent_path() == directory.lexically_normal();
}

Result<std::string> read_named_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return fail(ExitCode::usage, "{}: no such file", path.native());
  }
  return read_file(path, k_largest_chain);
}

Result<crypto::SecretText> read_key(const std::string& path, const std::filesystem::path& credentials) {
  if (!is_below(path, credentials)) {
    return crypto::read_secret_file(path);
  }
  KF_TRY_ASSIGN(std::string text, read_named_file(path));
  return crypto::SecretText(std::move(text));
}

Result<registry_server::TlsIdentity> own_identity(const std::filesystem::path& directory,
                                                  const std::vector<std::string>& names) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  KF_TRY_ASSIGN(const crypto::Identity authority, load_or_make_authority(directory, now));
  return make_registry_identity(authority, names, now, k_server_period);
}

}  // namespace

Result<crypto::Identity> make_registry_authority(TimePoint now) {
  return crypto::make_authority({.common_name = "kubeferry registry CA",
                                 .not_before = now - k_head_start,
                                 .not_after = now + k_authority_period});
}

Result<registry_server::TlsIdentity> make_registry_identity(const crypto::Identity& authority,
                                                            std::span<const std::string> names, TimePoint now,
                                                            std::chrono::seconds period) {
  crypto::ServerRequest request{.not_before = now - k_head_start, .not_after = now + period};
  for (const auto& name : names) {
    (is_address(name) ? request.ip_addresses : request.dns_names).push_back(name);
  }
  KF_TRY_ASSIGN(const crypto::Identity server, crypto::make_server_identity(authority, request));
  KF_TRY_ASSIGN(crypto::SecretText key, server.key.to_pem());
  return registry_server::TlsIdentity{server.certificate_pem + authority.certificate_pem, std::move(key)};
}

std::filesystem::path authority_certificate(const std::filesystem::path& directory) {
  return directory / "kubeferry-ca.crt";
}

std::filesystem::path authority_key(const std::filesystem::path& directory) { return directory / "kubeferry-ca.key"; }

IdentitySource IdentitySource::from_files(std::string certificate, std::string key, std::filesystem::path credentials) {
  IdentitySource source;
  source.credentials_ = std::move(credentials);
  source.certificate_ = std::move(certificate);
  source.key_ = std::move(key);
  return source;
}

IdentitySource IdentitySource::own(std::filesystem::path directory, std::vector<std::string> names) {
  IdentitySource source;
  source.directory_ = std::move(directory);
  source.names_ = std::move(names);
  return source;
}

std::pair<IdentitySource::FileTime, IdentitySource::FileTime> IdentitySource::file_times() const {
  std::error_code ignored;
  return {std::filesystem::last_write_time(certificate_, ignored), std::filesystem::last_write_time(key_, ignored)};
}

Result<registry_server::TlsIdentity> IdentitySource::load() {
  if (certificate_.empty()) {
    auto identity = own_identity(directory_, names_);
    next_ = std::chrono::system_clock::now() + (identity ? k_renewed_after : k_tried_again_after);
    return identity;
  }
  // Before they are read: what changes meanwhile is due again.
  loaded_times_ = file_times();
  KF_TRY_ASSIGN(std::string chain, read_named_file(certificate_));
  KF_TRY_ASSIGN(crypto::SecretText secret, read_key(key_, credentials_));
  return registry_server::TlsIdentity{std::move(chain), std::move(secret)};
}

bool IdentitySource::is_due() const {
  if (certificate_.empty()) {
    return std::chrono::system_clock::now() >= next_;
  }
  // Two files are rarely replaced as one: the pair counts when neither has changed for a moment.
  const auto times = file_times();
  return times != loaded_times_ && FileTime::clock::now() - std::max(times.first, times.second) > k_settled;
}

}  // namespace kubeferry::installer
