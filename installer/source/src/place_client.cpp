// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/source/place_client.hpp>

#include <sys/mman.h>

#include <kubeferry/base/fd.hpp>

namespace kubeferry::source {

namespace {

/// Text as a file that has no name anywhere, for those who want a path.
Result<Fd> in_memory(std::string_view text) {
  Fd file(::memfd_create("kubeferry-ca", MFD_CLOEXEC));
  if (!file) {
    return fail_errno(errno, "memory for the registry's CA");
  }
  KF_TRY(write_all(file.get(), as_byte_view(text), "memory for the registry's CA"));
  return file;
}

}  // namespace

Result<std::unique_ptr<registry::Client>> client_of(const installer::RegistryPlace& place, const PlaceAccess& access) {
  registry::Endpoint endpoint{.plain_http = place.plain_http};
  Fd ca;
  if (!access.ca_pem.empty() && !place.plain_http) {
    KF_TRY_ASSIGN(ca, in_memory(access.ca_pem));
    endpoint.ca = fmt::format("/proc/self/fd/{}", ca.get());
  }
  registry::ClientOptions options{.credentials = access.credentials, .http = access.http, .stop = access.stop};
  options.upstreams.emplace(place.host, std::move(endpoint));
  return registry::Client::make(std::move(options));
}

}  // namespace kubeferry::source
