// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/crypto/key.hpp>
#include <kubeferry/crypto/secret.hpp>

#include "builder_options.hpp"
#include "command.hpp"
#include "output.hpp"
#include "table.hpp"

namespace kubeferry::cli {

namespace {

struct BuildOptions {
  BuilderOptions common;
  std::vector<std::string> keys;
  std::string passphrase_file;
  std::string output;
  std::string lock;
};

Result<std::vector<crypto::PrivateKey>> read_keys(const BuildOptions& options) {
  std::optional<crypto::SecretText> passphrase;
  if (!options.passphrase_file.empty()) {
    KF_TRY_ASSIGN(passphrase, crypto::read_passphrase_file(options.passphrase_file));
  }
  std::vector<crypto::PrivateKey> keys;
  for (const auto& path : options.keys) {
    KF_TRY_ASSIGN(auto key, crypto::read_private_key(path, passphrase ? &*passphrase : nullptr));
    keys.push_back(std::move(key));
  }
  return keys;
}

std::string summary(const builder::BuildReport& report) {
  const auto& m = report.manifest;
  std::vector<std::string> repositories;
  for (const auto& repository : m.packages) {
    repositories.push_back(
        fmt::format("{}/{}", repository.name, repository.platform.substr(repository.platform.find('/') + 1)));
  }
  const double seconds = report.seconds > 0.001 ? report.seconds : 0.001;
  return facts(
      {{"bundle", report.output.native()},
       {"name", fmt::format("{} {} (stream {}, sequence {})", m.name, m.version, m.stream, m.sequence)},
       {"kubernetes", m.kubernetes},
       {"platforms", fmt::format("{}", fmt::join(m.platforms, " "))},
       {"images", std::to_string(m.images.size())},
       {"node files", std::to_string(m.files.size())},
       {"packages", fmt::format("{}", fmt::join(repositories, " "))},
       {"size", human_bytes(report.built.bytes)},
       {"fetched", fmt::format("{} in {:.1f} s ({}/s)", human_bytes(report.fetched), seconds,
                               human_bytes(static_cast<std::uint64_t>(static_cast<double>(report.fetched) / seconds)))},
       {"manifest", report.built.manifest.to_string()}});
}

Status run_build(const BuildOptions& options, const Context& context) {
  // The keys first: nobody wants to hear of a wrong passphrase after an hour of fetching.
  KF_TRY_ASSIGN(const auto keys, read_keys(options));
  KF_TRY_ASSIGN(const auto catalog, options.common.catalog.load());
  builder::BuildRequest request;
  request.spec = options.common.spec;
  request.output = options.output;
  if (!options.lock.empty()) {
    request.lock = options.lock;
  }
  request.jobs = options.common.jobs;
  request.ask_kubeadm = options.common.ask_kubeadm();
  KF_TRY_ASSIGN(request.now, build_time());
  for (const auto& key : keys) {
    request.keys.push_back(&key);
  }
  request.progress = context.progress;
  request.talk = talk_on(context.console);
  request.stop = context.stop;
  KF_TRY_ASSIGN(const auto report, builder::build_bundle(catalog, request));
  for (const auto& line : report.skipped) {
    context.console.warning("skipped: " + line);
  }
  return print(summary(report));
}

}  // namespace

void add_build(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("build", "Fetch everything a spec needs into one signed bundle");
  auto options = std::make_shared<BuildOptions>();
  options->common.add_to(*command);
  command->add_option("-k,--key", options->keys, "Private key to sign with; several for several signatures")
      ->required()
      ->type_name("KEY");
  command->add_option("--passphrase-file", options->passphrase_file, "File whose first line decrypts the keys")
      ->type_name("FILE");
  command->add_option("-o,--output", options->output, "The bundle; default: NAME-VERSION.tar.zst")->type_name("FILE");
  command
      ->add_option("--lock", options->lock,
                   "Fetch exactly what this lock says; default: the spec's name with .lock, if it is there")
      ->type_name("LOCK");
  commands.on(
      command, [options](const Context& context) { return run_build(*options, context); },
      "what was fetched is kept beside the bundle's name as .partial; run the same command again to go on");
}

}  // namespace kubeferry::cli
