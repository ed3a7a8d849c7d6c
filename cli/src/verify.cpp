// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/verify.hpp>

#include <array>
#include <chrono>
#include <memory>

#include <CLI/CLI.hpp>

#include <kubeferry/base/workers.hpp>

#include "bundle_options.hpp"
#include "command.hpp"
#include "output.hpp"
#include "policy_options.hpp"
#include "table.hpp"

namespace kubeferry::cli {

namespace {

struct VerifyOptions {
  std::string file;
  TrustOption trust;
  bool deep = false;
  std::size_t jobs = 0;
  PolicyOptions policy;
};

struct Measure {
  std::uint64_t bytes = 0;
  double seconds = 0;
  std::size_t threads = 0;
};

Result<Measure> read_everything(const bundle::Bundle& bundle, const VerifyOptions& options, const Context& context) {
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

Status answer(const bundle::Bundle& bundle, const VerifyOptions& options, const Measure& measure, Format format) {
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

Status run_verify(const VerifyOptions& options, const Context& context) {
  KF_TRY_ASSIGN(const auto bundle, options.trust.open(options.file));
  const std::array bundles = {bundle};
  KF_TRY_ASSIGN(bundle::TrustState state, options.policy.check(bundles));
  KF_TRY_ASSIGN(const Measure measure, read_everything(*bundle, options, context));
  KF_TRY(options.policy.remember(std::move(state), bundles));
  return answer(*bundle, options, measure, context.format);
}

}  // namespace

void add_verify(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("verify", "Check a bundle's signatures and every byte of it");
  auto options = std::make_shared<VerifyOptions>();
  command->add_option("FILE", options->file, "The bundle")->required();
  options->trust.add_to(*command);
  command->add_flag("--deep", options->deep, "Also check every blob by its own digest, every image, and the framing");
  command->add_option("-j,--jobs", options->jobs, "Threads; default: one for each processor")
      ->check(CLI::Range(std::size_t{1}, k_most_jobs))
      ->type_name("N");
  options->policy.add_to(*command);
  commands.add_format(command);
  commands.on(
      command, [options](const Context& context) { return run_verify(*options, context); },
      "nothing was accepted; run the command again");
}

}  // namespace kubeferry::cli
