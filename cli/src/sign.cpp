// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/bundle/add_signature.hpp>

#include "command.hpp"
#include "output.hpp"
#include "passphrase.hpp"
#include "table.hpp"
#include "user_file.hpp"

namespace kubeferry::cli {

namespace {

constexpr std::uint64_t k_largest_signature = 1024;
constexpr std::uint64_t k_largest_public_key = 16384;

struct SignOptions {
  std::string file;
  std::string pae_out;
  std::string signature;
  std::string public_key;
  std::string key;
  PassphraseOption passphrase;
  std::string output;
};

Result<bundle::NewSignature> signature_from_files(const SignOptions& options) {
  if (options.signature.empty() || options.public_key.empty()) {
    return fail(ExitCode::usage, "--signature and --public-key go together");
  }
  KF_TRY_ASSIGN(const std::string pem, read_user_file(options.public_key, k_largest_public_key));
  KF_TRY_ASSIGN(auto key, crypto::PublicKey::from_pem(pem, options.public_key));
  KF_TRY_ASSIGN(const std::string signature, read_user_file(options.signature, k_largest_signature));
  const ByteView bytes = as_byte_view(signature);
  return bundle::NewSignature{std::move(key), Bytes(bytes.begin(), bytes.end())};
}

Result<bundle::NewSignature> signature_by_key(const SignOptions& options, const bundle::Signable& signable) {
  KF_TRY_ASSIGN(const auto passphrase, options.passphrase.read());
  KF_TRY_ASSIGN(const auto key, crypto::read_private_key(options.key, passphrase ? &*passphrase : nullptr));
  KF_TRY_ASSIGN(Bytes signature, key.sign(signable.pae));
  return bundle::NewSignature{key.public_key(), std::move(signature)};
}

std::string what_is_signed(const bundle::Signable& signable) {
  const bundle::Manifest& m = signable.manifest;
  return facts({{"bundle", m.name + " " + m.version},
                {"stream", fmt::format("{}, sequence {}", m.stream, m.sequence)},
                {"created", to_rfc3339(m.created)},
                {"manifest", signable.manifest_digest.to_string()}});
}

Status write_pae(const SignOptions& options, const bundle::Signable& signable) {
  KF_TRY(write_file_atomically(options.pae_out, as_text(signable.pae), 0644));
  return print(what_is_signed(signable) + facts({{"to sign", options.pae_out}}));
}

Status run_sign(const SignOptions& options, const Context& context) {
  const bool from_files = !options.signature.empty() || !options.public_key.empty();
  if (int{!options.pae_out.empty()} + int{from_files} + int{!options.key.empty()} != 1) {
    return Failure(Error{ExitCode::usage,
                         "sign needs exactly one of --key, --pae-out, or --signature with --public-key",
                         "kubeferry sign --help tells them apart",
                         {}});
  }
  KF_TRY_ASSIGN(const auto signable, bundle::read_signable(options.file));
  if (!options.pae_out.empty()) {
    return write_pae(options, signable);
  }
  KF_TRY_ASSIGN(const auto added, from_files ? signature_from_files(options) : signature_by_key(options, signable));
  const std::string output = options.output.empty() ? options.file : options.output;
  KF_TRY(bundle::add_signature(options.file, output, added, context.stop));
  return print(what_is_signed(signable) + facts({{"signed by", added.key.key_id()}, {"written to", output}}));
}

}  // namespace

void add_sign(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("sign", "Add a signature to a bundle, made here or elsewhere");
  command->footer(
      "Signing vouches for the bundle: verify it first. A key that never comes here signs in three steps:\n"
      "  kubeferry sign FILE --pae-out to-sign      then, where the key is, sign those bytes, and\n"
      "  kubeferry sign FILE --signature SIG --public-key PUB");
  auto options = std::make_shared<SignOptions>();
  command->add_option("FILE", options->file, "The bundle")->required();
  command->add_option("-k,--key", options->key, "Sign with this private key")->type_name("KEY");
  options->passphrase.add_to(*command, "File whose first line decrypts the key");
  command->add_option("--pae-out", options->pae_out, "Write the bytes that are to be signed elsewhere")
      ->type_name("OUT");
  command->add_option("--signature", options->signature, "A signature of them: 64 raw bytes (Ed25519) or DER (ECDSA)")
      ->type_name("SIG");
  command->add_option("--public-key", options->public_key, "The key that made it")->type_name("PUB");
  command->add_option("-o,--output", options->output, "Write the bundle here instead of replacing it")
      ->type_name("OUT");
  commands.on(
      command, [options](const Context& context) { return run_sign(*options, context); },
      "the bundle is as it was; run the command again");
}

}  // namespace kubeferry::cli
