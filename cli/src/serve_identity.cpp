// SPDX-License-Identifier: Apache-2.0
#include "serve_identity.hpp"

#include <arpa/inet.h>

#include <array>
#include <chrono>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/crypto/x509.hpp>

#include "user_file.hpp"

namespace kubeferry::cli {

namespace {

constexpr std::uint64_t k_largest_chain = 256 * 1024;
constexpr auto k_authority_period = std::chrono::hours(24 * 3650);
constexpr auto k_server_period = std::chrono::hours(24 * 365);
/// Clients whose clock is a little behind accept it too.
constexpr auto k_head_start = std::chrono::hours(1);

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> unused{};
  return ::inet_pton(AF_INET, name.c_str(), unused.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), unused.data()) == 1;
}

Result<crypto::Identity> load_or_make_authority(const std::filesystem::path& directory, TimePoint now) {
  const std::filesystem::path certificate = authority_certificate(directory);
  const std::filesystem::path key_file = directory / "kubeferry-ca.key";
  std::error_code ignored;
  if (std::filesystem::exists(certificate, ignored)) {
    KF_TRY_ASSIGN(std::string pem, read_file(certificate, k_largest_chain));
    KF_TRY_ASSIGN(crypto::PrivateKey key, crypto::read_private_key(key_file));
    return crypto::Identity{std::move(pem), std::move(key)};
  }
  KF_TRY_ASSIGN(crypto::Identity made, crypto::make_authority({.common_name = "kubeferry registry CA",
                                                               .not_before = now - k_head_start,
                                                               .not_after = now + k_authority_period}));
  KF_TRY_ASSIGN(const crypto::SecretText key, made.key.to_pem());
  if (std::filesystem::create_directories(directory, ignored); ignored) {
    return fail_errno(ignored.value(), directory.native());
  }
  // The key first: a certificate without its key would be believed for ten years and be of no use.
  KF_TRY(write_file_atomically(key_file, key.view(), 0600));
  KF_TRY(write_file_atomically(certificate, made.certificate_pem, 0644, Replace::refused));
  return made;
}

}  // namespace

std::filesystem::path authority_certificate(const std::filesystem::path& directory) {
  return directory / "kubeferry-ca.crt";
}

Result<registry_server::TlsIdentity> identity_from_files(const std::string& certificate, const std::string& key) {
  KF_TRY_ASSIGN(std::string chain, read_user_file(certificate, k_largest_chain));
  KF_TRY_ASSIGN(crypto::SecretText secret, crypto::read_secret_file(key));
  return registry_server::TlsIdentity{std::move(chain), std::move(secret)};
}

Result<registry_server::TlsIdentity> own_identity(const std::filesystem::path& directory,
                                                  const std::vector<std::string>& names) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  KF_TRY_ASSIGN(const crypto::Identity authority, load_or_make_authority(directory, now));
  crypto::ServerRequest request{.not_before = now - k_head_start, .not_after = now + k_server_period};
  for (const auto& name : names) {
    (is_address(name) ? request.ip_addresses : request.dns_names).push_back(name);
  }
  KF_TRY_ASSIGN(const crypto::Identity server, crypto::make_server_identity(authority, request));
  KF_TRY_ASSIGN(crypto::SecretText key, server.key.to_pem());
  return registry_server::TlsIdentity{server.certificate_pem + authority.certificate_pem, std::move(key)};
}

}  // namespace kubeferry::cli
