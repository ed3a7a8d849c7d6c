// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/verify.hpp>

#include <chrono>
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/base/workers.hpp>
#include <kubeferry/bundle/policy.hpp>

#include "bundle_options.hpp"
#include "command.hpp"
#include "output.hpp"
#include "table.hpp"

namespace kubeferry::cli {

namespace {

constexpr std::uint64_t k_largest_sequence = (std::uint64_t{1} << 53) - 1;  // what I-JSON can say

struct Options {
  std::string file;
  TrustOption trust;
  bool deep = false;
  std::size_t jobs = 0;
  std::string audience;
  std::string stream;
  std::uint64_t minimum_sequence = 0;
  std::string state;
  std::string allow_rollback;
  std::string allow_expired;
};

Result<std::optional<crypto::Digest>> optional_digest(const std::string& text, std::string_view option) {
  if (text.empty()) {
    return std::optional<crypto::Digest>();
  }
  const auto digest = crypto::Digest::parse(text);
  if (!digest) {
    return fail(ExitCode::usage, "{}: \"{}\" is no digest of a manifest (sha256:…)", option, text);
  }
  return std::optional(*digest);
}

Result<bundle::Policy> policy_of(const Options& options) {
  bundle::Policy policy{.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
                        .audience = options.audience,
                        .stream = options.stream,
                        .minimum_sequence = options.minimum_sequence};
  KF_TRY_ASSIGN(policy.allow_rollback, optional_digest(options.allow_rollback, "--allow-rollback"));
  KF_TRY_ASSIGN(policy.allow_expired, optional_digest(options.allow_expired, "--allow-expired"));
  return policy;
}

struct Measure {
  std::uint64_t bytes = 0;
  double seconds = 0;
  std::size_t threads = 0;
};

Result<Measure> read_everything(const bundle::Bundle& bundle, const Options& options, const Context& context) {
  const auto depth = options.deep ? bundle::Depth::blobs : bundle::Depth::chunks;
  Measure measure{.bytes = bundle::verify_bytes(bundle, depth),
                  .threads = options.jobs > 0 ? options.jobs : usable_processors()};
  const auto start = std::chrono::steady_clock::now();
  {
    Progress progress("verifying", measure.bytes, context.progress);
    KF_TRY(bundle::verify(bundle, depth, measure.threads, &progress, context.stop));
  }
  measure.seconds = std::max(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 1e-6);
  return measure;
}

Status answer(const bundle::Bundle& bundle, const Options& options, const Measure& measure, Format format) {
  if (format == Format::json) {
    Json out = identity_json(bundle);
    out.set("verified", options.deep ? "blobs" : "chunks");
    out.set("bytesRead", measure.bytes);
    out.set("milliseconds", static_cast<std::uint64_t>(measure.seconds * 1000));
    return print_json(out);
  }
  auto lines = identity_facts(bundle);
  const auto rate = static_cast<std::uint64_t>(static_cast<double>(measure.bytes) / measure.seconds);
  lines.emplace_back("verified", fmt::format("every {} in {:.2f} s, {}/s on {} threads",
                                             options.deep ? "byte, blob and image" : "byte", measure.seconds,
                                             human_bytes(rate), measure.threads));
  return print(facts(lines));
}

Status run_verify(const Options& options, const Context& context) {
  KF_TRY_ASSIGN(const bundle::Policy policy, policy_of(options));
  KF_TRY_ASSIGN(const auto bundle, options.trust.open(options.file));
  bundle::TrustState state;
  if (!options.state.empty()) {
    KF_TRY_ASSIGN(state, bundle::TrustState::load(options.state));
  }
  KF_TRY(bundle::check_policy(bundle->manifest(), bundle->manifest_digest(), policy, state));
  KF_TRY_ASSIGN(const Measure measure, read_everything(*bundle, options, context));
  if (!options.state.empty()) {
    state.accept(bundle->manifest(), bundle->manifest_digest());
    KF_TRY(state.save(options.state));
  }
  return answer(*bundle, options, measure, context.format);
}

}  // namespace

void add_verify(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("verify", "Check a bundle's signatures and every byte of it");
  auto options = std::make_shared<Options>();
  command->add_option("FILE", options->file, "The bundle")->required();
  options->trust.add_to(*command);
  command->add_flag("--deep", options->deep, "Also check every blob by its own digest, every image, and the framing");
  command->add_option("-j,--jobs", options->jobs, "Threads; default: one for each processor")
      ->check(CLI::Range(std::size_t{1}, k_most_jobs))
      ->type_name("N");
  command->add_option("--audience", options->audience, "Refuse bundles that are not for this site")->type_name("NAME");
  command->add_option("--stream", options->stream, "Refuse bundles of another stream")->type_name("NAME");
  command->add_option("--min-sequence", options->minimum_sequence, "Refuse older bundles")
      ->check(CLI::Range(std::uint64_t{0}, k_largest_sequence))
      ->type_name("N");
  command->add_option("--state", options->state, "Remember here what was accepted, and refuse what is older")
      ->type_name("FILE");
  command->add_option("--allow-rollback", options->allow_rollback, "Accept this older bundle all the same")
      ->type_name("DIGEST");
  command->add_option("--allow-expired", options->allow_expired, "Accept this expired bundle all the same")
      ->type_name("DIGEST");
  commands.add_format(command);
  commands.on(
      command, [options](const Context& context) { return run_verify(*options, context); },
      "nothing was accepted; run the command again");
}

}  // namespace kubeferry::cli
