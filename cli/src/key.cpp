// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/key.hpp>

#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/crypto/keyset.hpp>

#include "command.hpp"
#include "output.hpp"
#include "passphrase.hpp"
#include "table.hpp"
#include "user_file.hpp"

namespace kubeferry::cli {

namespace {

struct KeyOptions {
  std::string name;
  std::string type = "ed25519";
  PassphraseOption passphrase;
};

Json public_json(const crypto::PublicKey& key) {
  Json out;
  out.set("keyId", key.key_id());
  out.set("algorithm", crypto::key_algorithm_name(key.algorithm()));
  out.set("public", key.to_pem());
  return out;
}

Status run_generate(const KeyOptions& options, const Context& context) {
  KF_TRY_ASSIGN(const auto algorithm, crypto::parse_key_algorithm(options.type));
  KF_TRY_ASSIGN(const auto passphrase, options.passphrase.read());
  KF_TRY_ASSIGN(const auto key, crypto::PrivateKey::generate(algorithm));
  KF_TRY(crypto::write_key_pair(options.name, key, passphrase ? &*passphrase : nullptr));
  const crypto::PublicKey& half = key.public_key();
  if (context.format == Format::json) {
    Json out = public_json(half);
    out.set("privateFile", options.name + ".key");
    out.set("publicFile", options.name + ".pub");
    return print_json(out);
  }
  return print(facts({{"private key", options.name + ".key (keep it secret; sign with it)"},
                      {"public key", options.name + ".pub (give it to every site; --trust it there)"},
                      {"algorithm", std::string(crypto::key_algorithm_name(half.algorithm()))},
                      {"key id", half.key_id()}}));
}

Status show_keyset(const crypto::Keyset& keyset, Format format) {
  if (format == Format::json) {
    Json keys = Json::array();
    for (const auto& trusted : keyset.keys()) {
      Json one = public_json(trusted.key);
      one.set("name", trusted.name);
      one.set("revoked", keyset.is_revoked(trusted.key.key_id()));
      keys.push(std::move(one));
    }
    Json out;
    out.set("version", keyset.version());
    out.set("threshold", keyset.threshold());
    out.set("keys", std::move(keys));
    return print_json(out);
  }
  Table table({{"NAME"}, {"ALGORITHM"}, {"KEY ID"}, {"STATE"}});
  for (const auto& trusted : keyset.keys()) {
    table.row({trusted.name, std::string(crypto::key_algorithm_name(trusted.key.algorithm())), trusted.key.key_id(),
               keyset.is_revoked(trusted.key.key_id()) ? "revoked" : "valid"});
  }
  return print(
      fmt::format("{} of {} must sign (version {})\n", keyset.threshold(), keyset.keys().size(), keyset.version()) +
      table.text());
}

Status run_show(const KeyOptions& options, const Context& context) {
  KF_TRY_ASSIGN(std::string text, read_user_file(options.name, crypto::k_max_keyset_bytes));
  // It may be the private half: then nothing of it is to stay behind in memory.
  const crypto::SecretText held(std::move(text));
  if (held.view().find("PRIVATE KEY-----") == std::string_view::npos) {
    KF_TRY_ASSIGN(const auto keyset, crypto::load_trust(options.name));
    return show_keyset(keyset, context.format);
  }
  KF_TRY_ASSIGN(const auto passphrase, options.passphrase.read());
  KF_TRY_ASSIGN(const auto key, crypto::read_private_key(options.name, passphrase ? &*passphrase : nullptr));
  const crypto::PublicKey& half = key.public_key();
  if (context.format == Format::json) {
    return print_json(public_json(half));
  }
  return print(facts({{"kind", "private key"},
                      {"algorithm", std::string(crypto::key_algorithm_name(half.algorithm()))},
                      {"key id", half.key_id()}}) +
               half.to_pem());
}

}  // namespace

void add_key(CLI::App& app, Commands& commands) {
  CLI::App* key = app.add_subcommand("key", "Make and look at signing keys");
  key->require_subcommand(1);
  auto options = std::make_shared<KeyOptions>();

  CLI::App* generate = key->add_subcommand("generate", "Make a key pair: NAME.key and NAME.pub");
  generate->add_option("NAME", options->name, "Where to; existing files are never touched")->required();
  generate->add_option("--type", options->type, "ed25519, or ecdsa-p256 for hardware that knows nothing else")
      ->type_name("TYPE");
  options->passphrase.add_to(*generate, "File whose first line encrypts the private key");
  commands.add_format(generate);
  commands.on(generate, [options](const Context& context) { return run_generate(*options, context); });

  CLI::App* show = key->add_subcommand("show", "Print the algorithm and key id of a key or keyset");
  show->add_option("FILE", options->name, "Public key, private key or keyset")->required();
  options->passphrase.add_to(*show, "File whose first line decrypts the private key");
  commands.add_format(show);
  commands.on(show, [options](const Context& context) { return run_show(*options, context); });
}

}  // namespace kubeferry::cli
