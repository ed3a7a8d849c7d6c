// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/base/text.hpp>
#include <kubeferry/crypto/secret.hpp>
#include <kubeferry/installer/path_mapping.hpp>
#include <kubeferry/node/install.hpp>
#include <kubeferry/source/join_values.hpp>

#include "command.hpp"
#include "missing_packages.hpp"
#include "node_options.hpp"
#include "output.hpp"
#include "packages.hpp"
#include "site_options.hpp"
#include "user_file.hpp"

namespace kubeferry::cli {

namespace {

struct JoinOptions {
  NodeOptions node;
  std::string pack;
  bool control_plane = false;
  std::string endpoint;
  std::string token_on_command_line;
  std::string token_file;
  std::vector<std::string> ca_hashes;
  std::string certificate_key_file;
  std::vector<std::string> registries;
  std::string registry_ca;
  std::string image_repository;
  std::string bundle_manifest;
  std::string kubernetes;
};

/// kubeadm's own way: what a pack would say comes by options.
Result<source::JoinPack> pack_of_options(const JoinOptions& options) {
  const auto missing = [](std::string_view option) {
    return Failure(fail(ExitCode::usage, "{} is missing", option)
                       .value()
                       .with_hint("`kubeferry join-pack create` on a control-plane node makes a file that has it all: "
                                  "--pack FILE"));
  };
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  // How long the token is good only the cluster knows; it will say so.
  source::JoinPack pack{.created = now, .endpoint = options.endpoint, .token_expires = now + std::chrono::hours(24)};
  if (options.endpoint.empty()) {
    return missing("HOST:PORT or --pack");
  }
  KF_TRY(source::check_endpoint(pack.endpoint, "HOST:PORT"));
  if (options.token_file.empty()) {
    return missing("--token-file");
  }
  KF_TRY_ASSIGN(pack.token, crypto::read_passphrase_file(options.token_file));
  KF_TRY(source::check_token(pack.token.view(), "--token-file"));
  if (options.ca_hashes.empty()) {
    return missing("--discovery-token-ca-cert-hash");
  }
  for (const auto& hash : options.ca_hashes) {
    KF_TRY(source::check_ca_hash(hash, "--discovery-token-ca-cert-hash"));
  }
  pack.ca_cert_hashes = options.ca_hashes;
  if (!options.certificate_key_file.empty()) {
    source::CertificateKey key{.expires = pack.token_expires};
    KF_TRY_ASSIGN(key.key, crypto::read_passphrase_file(options.certificate_key_file));
    KF_TRY(source::check_certificate_key(key.key.view(), "--certificate-key-file"));
    pack.certificate_key = std::move(key);
  }
  if (options.registries.empty()) {
    return missing("--registry");
  }
  for (const auto& registry : options.registries) {
    KF_TRY_ASSIGN(const auto target, installer::MirrorTarget::parse(registry));
    pack.registries.push_back({.host = target.registry, .prefix = target.prefix});
  }
  if (!options.registry_ca.empty()) {
    KF_TRY_ASSIGN(pack.registry_ca, read_user_file(options.registry_ca, k_largest_ca));
  }
  pack.image_repository = options.image_repository;
  if (options.bundle_manifest.empty()) {
    return missing("--bundle-manifest");
  }
  if (auto digest = crypto::Digest::parse(options.bundle_manifest)) {
    pack.bundle_manifest = *digest;
  } else {
    return fail(ExitCode::usage, "--bundle-manifest: \"{}\" is no digest (sha256:…)", options.bundle_manifest);
  }
  return pack;
}

Result<source::JoinPack> pack_of(const JoinOptions& options) {
  if (!options.token_on_command_line.empty()) {
    return Failure(Error{ExitCode::usage,
                         "--token: everybody on this machine can read command lines",
                         "write the token into a file of mode 0600 and say --token-file FILE",
                         {}});
  }
  if (options.pack.empty()) {
    return pack_of_options(options);
  }
  if (!options.endpoint.empty() || !options.token_file.empty() || !options.ca_hashes.empty() ||
      !options.registries.empty()) {
    return fail(ExitCode::usage,
                "--pack says all that the other options about the cluster would; give one or the other");
  }
  return source::read_join_pack(options.pack);
}

Status answer(const node::Outcome& outcome, const node::JoinOptions& options, Format format) {
  if (format == Format::json) {
    Json out;
    out.set("endpoint", options.pack.endpoint).set("stepsApplied", std::uint64_t{outcome.applied});
    out.set("stepsKept", std::uint64_t{outcome.kept});
    out.set("ownMilliseconds", static_cast<std::uint64_t>(outcome.ours.count()));
    out.set("otherMilliseconds", static_cast<std::uint64_t>(outcome.elsewhere.count()));
    return print_json(out);
  }
  const auto seconds = [](std::chrono::milliseconds time) { return static_cast<double>(time.count()) / 1000; };
  return print(fmt::format(
      "\nThis node is part of the cluster at {} and Ready: {} steps, {} were in order already; "
      "{:.1f} s of kubeferry's own, {:.1f} s of kubeadm and of waiting for it.\n",
      options.pack.endpoint, outcome.applied, outcome.kept, seconds(outcome.ours), seconds(outcome.elsewhere)));
}

Status run_join(const JoinOptions& options, const Context& context) {
  if (!options.node.dry_run) {
    KF_TRY(need_root("join"));
  }
  const host::Host host = host::Host::local();
  KF_TRY_ASSIGN(node::CommonOptions common, options.node.read());
  node::JoinOptions wanted{.common = std::move(common)};
  KF_TRY_ASSIGN(wanted.pack, pack_of(options));
  wanted.as = options.control_plane ? source::JoinAs::control_plane : source::JoinAs::worker;
  wanted.credentials = user_credentials();
  wanted.pack_is_file = !options.pack.empty();
  wanted.pack_name = wanted.pack_is_file ? options.pack : options.endpoint;
  std::function<Status()> packages;
  if (options.node.install_packages) {
    packages = [&]() -> Status {
      KF_TRY_ASSIGN(const auto bundle, open_bundle_of(wanted.pack, wanted.common.trust, context));
      return install_missing_packages(host, contents_of(*bundle), context);
    };
  }
  const node::Talk talk = talk_of(context);
  KF_TRY_ASSIGN(const auto outcome,
                install(
                    host, options.node.dry_run, context, packages,
                    [&](const steps::Journal& journal) { return node::draft_join(host, wanted, journal, talk); },
                    [&](node::Draft draft, steps::Journal& journal) {
                      return node::carry_out_join(host, wanted, std::move(draft), journal, talk);
                    }));
  return outcome ? answer(*outcome, wanted, context.format) : Status();
}

}  // namespace

void add_join(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("join", "Make this host a node of a cluster that kubeferry made");
  auto options = std::make_shared<JoinOptions>();
  command->add_option("HOST:PORT", options->endpoint, "The cluster's API server, when there is no --pack");
  command->add_option("--pack", options->pack, "The join pack that init or `join-pack create` wrote")
      ->type_name("FILE");
  options->node.add_to(*command);
  command->add_flag("--control-plane", options->control_plane, "As another control plane");
  command->add_option("--token", options->token_on_command_line)->group("");
  command->add_option("--token-file", options->token_file, "File (0600) with the bootstrap token")->type_name("FILE");
  command
      ->add_option("--discovery-token-ca-cert-hash", options->ca_hashes, "sha256:… of the cluster's CA; several times")
      ->type_name("HASH")
      ->allow_extra_args(false);
  command->add_option("--certificate-key-file", options->certificate_key_file, "File (0600) with the certificate key")
      ->type_name("FILE");
  command->add_option("--registry", options->registries, "Where the bundle is served; several times")
      ->type_name("HOST[:PORT][/PATH]")
      ->allow_extra_args(false);
  command->add_option("--registry-ca", options->registry_ca, "CA certificate of those registries")->type_name("FILE");
  command
      ->add_option("--image-repository", options->image_repository,
                   "The cluster's imageRepository, where it is not Kubernetes' own")
      ->type_name("HOST/PATH");
  command->add_option("--bundle-manifest", options->bundle_manifest, "Digest of the bundle's manifest (sha256:…)")
      ->type_name("DIGEST");
  commands.add_format(command);
  commands.on(
      command, [options](const Context& context) { return run_join(*options, context); },
      "what was done is in the journal; run the same command again to go on, or `kubeferry reset` to take it back");
}

}  // namespace kubeferry::cli
