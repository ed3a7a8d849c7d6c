// SPDX-License-Identifier: Apache-2.0
#include "trust.hpp"

#include <array>
#include <cstdlib>

#include <unistd.h>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/base/text.hpp>

namespace kubeferry::net {
namespace {

constexpr std::uint64_t k_largest_file = std::uint64_t{4} << 20;

// A static program carries no default of the machine it runs on: the places of Debian, Red Hat, SUSE and Alpine.
std::string find_system_bundle() {
  if (const char* given = std::getenv("SSL_CERT_FILE"); given != nullptr && ::access(given, R_OK) == 0) {
    return given;
  }
  constexpr std::array<const char*, 5> places = {
      "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
      "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem"};
  for (const char* place : places) {
    if (::access(place, R_OK) == 0) {
      return place;
    }
  }
  return {};
}

Result<std::string> read_pem(const std::filesystem::path& path, std::string_view kind, std::string_view endpoint) {
  auto text = read_file(path, k_largest_file);
  if (!text) {
    return fail(ExitCode::tls, "{} of {}: {}", kind, endpoint, text.error().message);
  }
  if (text->find("-----BEGIN ") == std::string::npos) {
    return Failure(Error{ExitCode::tls,
                         fmt::format("{} of {}: '{}' holds no PEM text", kind, endpoint, path.native()),
                         "give a file that starts with -----BEGIN CERTIFICATE-----",
                         {}});
  }
  return text;
}

}  // namespace

Result<TrustTable> TrustTable::load(const ClientOptions& options) {
  TrustTable table;
  table.otherwise_.authorities = Authorities::of_system(find_system_bundle());
  for (const auto& [name, endpoint] : options.endpoints) {
    Trust trust = table.otherwise_;
    trust.plain_http = endpoint.plain_http;
    if (!endpoint.ca.empty()) {
      KF_TRY_ASSIGN(const std::string own, read_pem(endpoint.ca, "CA file", name));
      auto authorities = Authorities::of(own);
      if (!authorities) {
        return Failure(
            std::move(authorities).error().prefixed(fmt::format("CA file of {}: '{}'", name, endpoint.ca.native())));
      }
      trust.authorities = std::move(*authorities);
    }
    if (!endpoint.client_certificate.empty()) {
      KF_TRY(read_pem(endpoint.client_certificate, "client certificate", name));
      KF_TRY(read_pem(endpoint.client_key, "key of the client certificate", name));
      trust.client_certificate = endpoint.client_certificate.native();
      trust.client_key = endpoint.client_key.native();
    }
    table.endpoints_.emplace(lower(name), std::move(trust));
  }
  return table;
}

const Trust& TrustTable::of(const Url& url) const {
  for (const std::string& name : {url.authority(), url.host}) {
    if (const auto found = endpoints_.find(name); found != endpoints_.end()) {
      return found->second;
    }
  }
  return otherwise_;
}

}  // namespace kubeferry::net
