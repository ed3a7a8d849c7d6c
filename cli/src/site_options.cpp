// SPDX-License-Identifier: Apache-2.0
#include "site_options.hpp"

#include <cstdlib>

#include <CLI/CLI.hpp>

#include <kubeferry/installer/path_mapping.hpp>

#include "user_file.hpp"

namespace kubeferry::cli {

std::optional<std::string> environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());  // NOLINT(concurrency-mt-unsafe): nobody writes it
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::shared_ptr<registry::CredentialSource> user_credentials() {
  return std::make_shared<registry::CredentialFiles>(registry::usual_credential_files(environment));
}

void SiteOptions::add_to(CLI::App& command) {
  command.add_option("--registry", registry, "Take images from the site's own registry, filled by `kubeferry mirror`")
      ->type_name("HOST[:PORT][/PATH]");
  command.add_option("--registry-ca", ca, "CA certificate of that registry; default: the system's")->type_name("FILE");
  command.add_flag("--registry-plain-http", plain_http, "That registry has no TLS");
}

Result<std::optional<node::SiteRegistry>> SiteOptions::read(std::stop_token stop) const {
  if (registry.empty()) {
    if (!ca.empty() || plain_http) {
      return fail(ExitCode::usage,
                  "--registry-ca and --registry-plain-http say how to reach a --registry; name it, too");
    }
    return std::optional<node::SiteRegistry>();
  }
  KF_TRY_ASSIGN(const auto target, installer::MirrorTarget::parse(registry));
  node::SiteRegistry out{.place = {.host = target.registry, .prefix = target.prefix, .plain_http = plain_http},
                         .credentials = user_credentials(),
                         .stop = std::move(stop)};
  if (!ca.empty()) {
    KF_TRY_ASSIGN(out.ca_pem, read_user_file(ca, k_largest_ca));
  }
  return std::optional(std::move(out));
}

}  // namespace kubeferry::cli
