// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/crypto/keyset.hpp>

#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/base/atomic_file.hpp>

#include "command.hpp"
#include "output.hpp"
#include "user_file.hpp"

namespace kubeferry::cli {

namespace {

struct KeysetOptions {
  std::uint64_t threshold = 1;
  std::vector<std::string> keys;
  std::string output;
};

/// "NAME=FILE", or FILE alone: then it is named after the file.
Result<crypto::TrustedKey> read_key(const std::string& text) {
  const auto equals = text.find('=');
  const std::filesystem::path path = equals == std::string::npos ? text : text.substr(equals + 1);
  const std::string name = equals == std::string::npos ? path.stem().native() : text.substr(0, equals);
  KF_TRY_ASSIGN(const std::string pem, read_user_file(path, crypto::k_max_keyset_bytes));
  KF_TRY_ASSIGN(crypto::PublicKey key, crypto::PublicKey::from_pem(pem, path.native()));
  return crypto::TrustedKey{name, std::move(key)};
}

Status run_create(const KeysetOptions& options) {
  crypto::KeysetContent content{.threshold = options.threshold};
  for (const auto& text : options.keys) {
    KF_TRY_ASSIGN(crypto::TrustedKey key, read_key(text));
    content.keys.push_back(std::move(key));
  }
  KF_TRY_ASSIGN(const auto keyset, crypto::Keyset::create(std::move(content)));
  KF_TRY(write_file_atomically(options.output, keyset.to_text(), 0644, Replace::refused));
  return print(fmt::format("{}: {} of {} keys must sign; use it with --trust\n", options.output, keyset.threshold(),
                           keyset.keys().size()));
}

}  // namespace

void add_keyset(CLI::App& app, Commands& commands) {
  CLI::App* keyset = app.add_subcommand("keyset", "Say who may sign, and how many of them must");
  keyset->require_subcommand(1);
  auto options = std::make_shared<KeysetOptions>();
  CLI::App* create = keyset->add_subcommand("create", "Write a keyset file for --trust");
  create->add_option("--threshold", options->threshold, "How many different keys must sign")
      ->required()
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{crypto::k_max_keyset_keys}))
      ->type_name("K");
  create->add_option("--key", options->keys, "A public key and its name; several times")
      ->required()
      ->type_name("NAME=PUB")
      ->allow_extra_args(false);
  create->add_option("-o,--output", options->output, "The keyset; an existing file is never touched")
      ->required()
      ->type_name("FILE");
  commands.on(create, [options](const Context&) { return run_create(*options); });
}

}  // namespace kubeferry::cli
