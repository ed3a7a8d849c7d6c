// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <array>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>

#include <CLI/CLI.hpp>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/text.hpp>
#include <kubeferry/installer/bundle_content.hpp>
#include <kubeferry/installer/client_configuration.hpp>
#include <kubeferry/installer/mirror_files.hpp>
#include <kubeferry/installer/serve_identity.hpp>
#include <kubeferry/registry_server/server.hpp>

#include "bundle_options.hpp"
#include "command.hpp"
#include "output.hpp"
#include "policy_options.hpp"
#include "user_file.hpp"

namespace kubeferry::cli {

namespace {

struct ServeOptions {
  std::vector<std::string> files;
  TrustOption trust;
  PolicyOptions policy;
  std::string listen;
  std::string tls_certificate;
  std::string tls_key;
  std::string ca_directory = ".";
  std::vector<std::string> names;
  bool plain_http = false;
  std::string hosts_directory;
  std::string registries_file;
};

struct Address {
  std::string host;
  std::uint16_t port = 0;
};

/// "127.0.0.1:5000", "[::1]:5000", ":5000".
Result<Address> parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  Address address;
  const std::string_view port = colon == std::string::npos ? "" : std::string_view(text).substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
    return fail(ExitCode::usage, "--listen: \"{}\" is not ADDRESS:PORT", text);
  }
  address.host = text.substr(0, colon);
  if (address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  if (address.host.empty()) {
    address.host = "::";
  }
  return address;
}

bool is_every_address(const std::string& host) { return host == "::" || host == "0.0.0.0"; }

/// The names under which clients reach us: what the user says, else the address, else the host's name.
std::vector<std::string> names_of(const ServeOptions& options, const Address& address) {
  if (!options.names.empty()) {
    return options.names;
  }
  if (!is_every_address(address.host)) {
    return {address.host};
  }
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') {
    return {"localhost"};
  }
  return {name.data(), "localhost"};
}

/// Where systemd puts what LoadCredential= names; empty when it started us without, or did not.
std::filesystem::path credentials_directory() {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  return directory == nullptr ? "" : directory;
}

/// Nothing for plain HTTP.
Result<std::optional<installer::IdentitySource>> identity_of(const ServeOptions& options,
                                                             const std::vector<std::string>& names) {
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return fail(ExitCode::usage, "--tls-cert and --tls-key go together");
  }
  if (options.plain_http) {
    return std::optional<installer::IdentitySource>();
  }
  return std::optional(
      options.tls_certificate.empty()
          ? installer::IdentitySource::own(options.ca_directory, names)
          : installer::IdentitySource::from_files(options.tls_certificate, options.tls_key, credentials_directory()));
}

/// Gives the server a new certificate whenever one is due, until `stop`. One that cannot be used is no reason to stop
/// serving with the old one.
void keep_identity(const std::stop_token& stop, installer::IdentitySource source, registry_server::Server& server,
                   const Context& context) {
  constexpr std::chrono::seconds k_look_again{2};
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  while (!wake.wait_for(lock, stop, k_look_again, [&] { return stop.stop_requested(); })) {
    if (!source.is_due()) {
      continue;
    }
    auto identity = source.load();
    Status status = identity ? server.set_identity(*identity) : Status(Failure(std::move(identity).error()));
    if (status) {
      context.console.detail("new certificate for connections from now on");
    } else {
      context.console.warning(fmt::format("{}; serving on with the certificate from before", status.error().message));
    }
  }
}

using Bundles = std::vector<std::shared_ptr<const bundle::Bundle>>;

Status announce(const ServeOptions& options, const installer::RegistryPlace& place, const Bundles& bundles) {
  std::string ca;
  if (!options.plain_http && options.tls_certificate.empty()) {
    std::error_code ignored;
    ca = std::filesystem::absolute(installer::authority_certificate(options.ca_directory), ignored)
             .lexically_normal()
             .native();
  }
  const std::array places = {place};
  const auto registries = installer::upstream_registries(bundles);
  if (!options.hosts_directory.empty()) {
    std::string ca_pem;
    if (!ca.empty()) {
      KF_TRY_ASSIGN(ca_pem, read_file(ca, k_largest_ca));
    }
    KF_TRY(installer::write_files(options.hosts_directory, installer::containerd_files(registries, places, ca_pem)));
  }
  if (!options.registries_file.empty()) {
    KF_TRY(write_file_atomically(options.registries_file,
                                 installer::registries_conf(installer::served_redirects(registries, place)), 0644));
  }
  std::string text = fmt::format("serving on {}://{}\n", options.plain_http ? "http" : "https", place.host);
  text += ca.empty() ? "" : fmt::format("clients need {}\n", ca);
  text += fmt::format("# hosts.toml, in /etc/containerd/certs.d/<registry>/ for each of: {}\n{}",
                      fmt::join(registries, " "), installer::hosts_toml(places, ca));
  return print(text);
}

Status run_serve(const ServeOptions& options, const Context& context) {
  KF_TRY_ASSIGN(const Address address, parse_address(options.listen));
  Bundles bundles;
  for (const auto& file : options.files) {
    KF_TRY_ASSIGN(auto opened, options.trust.open(file, bundle::Reread::trust_unchanged));
    bundles.push_back(std::move(opened));
  }
  KF_TRY_ASSIGN(bundle::TrustState state, options.policy.check(bundles));
  const auto names = names_of(options, address);
  KF_TRY_ASSIGN(auto identity, identity_of(options, names));
  std::optional<registry_server::TlsIdentity> shown;
  if (identity) {
    KF_TRY_ASSIGN(shown, identity->load());
  }
  KF_TRY_ASSIGN(const auto content, installer::BundleContent::make(bundles));
  for (const auto& line : content->warnings()) {
    context.console.warning(line);
  }
  registry_server::Options wanted{.address = address.host, .port = address.port, .tls = std::move(shown)};
  if (context.console.level() == Console::Level::verbose) {
    wanted.log = [&context](std::string_view line) { context.console.detail(line); };
  }
  KF_TRY_ASSIGN(auto server, registry_server::Server::listen(std::move(wanted), content));
  KF_TRY(options.policy.remember(std::move(state), bundles));
  const std::string& name = names.front();
  const bool bare_ipv6 = name.find(':') != std::string::npos;
  const installer::RegistryPlace place{
      .host = bare_ipv6 ? fmt::format("[{}]:{}", name, server.port()) : fmt::format("{}:{}", name, server.port()),
      .plain_http = options.plain_http};
  KF_TRY(announce(options, place, bundles));
  std::jthread keeper;
  if (identity) {
    keeper = std::jthread([&, source = std::move(*identity)](const std::stop_token& stop) mutable {
      keep_identity(stop, std::move(source), server, context);
    });
  }
  return server.run(context.stop);
}

}  // namespace

void add_serve(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("serve", "Be a read-only registry of what is in bundles");
  auto options = std::make_shared<ServeOptions>();
  command->add_option("FILE", options->files, "The bundles; where two differ, the first counts")->required();
  options->trust.add_to(*command);
  command->add_option("--listen", options->listen, "Where to listen; port 0 takes a free one")
      ->required()
      ->type_name("ADDR:PORT");
  auto* certificate = command->add_option("--tls-cert", options->tls_certificate, "Certificate chain of the server");
  certificate->type_name("C");
  auto* key = command->add_option("--tls-key", options->tls_key, "Its key")->type_name("K");
  command
      ->add_option("--ca-dir", options->ca_directory,
                   "Without --tls-cert: where kubeferry-ca.crt and its key are kept; made when missing")
      ->type_name("DIR");
  command->add_option("--name", options->names, "Name or address by which clients reach this; several times")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command->add_flag("--plain-http", options->plain_http, "No TLS")->excludes(certificate)->excludes(key);
  command->add_option("--write-hosts", options->hosts_directory, "Write containerd's hosts.toml files below here")
      ->type_name("DIR");
  command
      ->add_option("--write-registries-conf", options->registries_file,
                   "Write this file for CRI-O, Podman and skopeo (/etc/containers/registries.conf.d/….conf)")
      ->type_name("FILE");
  options->policy.add_to(*command);
  commands.on(
      command, [options](const Context& context) { return run_serve(*options, context); }, "the server has stopped");
}

}  // namespace kubeferry::cli
