// SPDX-License-Identifier: Apache-2.0
#include "policy_options.hpp"

#include <algorithm>
#include <chrono>

#include <CLI/CLI.hpp>

namespace kubeferry::cli {

namespace {

constexpr std::uint64_t k_largest_sequence = (std::uint64_t{1} << 53) - 1;  // what I-JSON can say

Result<std::vector<crypto::Digest>> digests(const std::vector<std::string>& texts, std::string_view option) {
  std::vector<crypto::Digest> out;
  for (const auto& text : texts) {
    const auto digest = crypto::Digest::parse(text);
    if (!digest) {
      return fail(ExitCode::usage, "{}: \"{}\" is no digest of a manifest (sha256:…)", option, text);
    }
    out.push_back(*digest);
  }
  return out;
}

}  // namespace

void PolicyOptions::add_to(CLI::App& command) {
  command.add_option("--audience", audience, "Refuse bundles that are not for this site")->type_name("NAME");
  command.add_option("--stream", stream, "Refuse bundles of another stream")->type_name("NAME");
  command.add_option("--min-sequence", minimum_sequence, "Refuse older bundles")
      ->check(CLI::Range(std::uint64_t{0}, k_largest_sequence))
      ->type_name("N");
  command.add_option("--state", state, "Remember here what was accepted, and refuse what is older")->type_name("FILE");
  command.add_option("--allow-rollback", allow_rollback, "Accept this older bundle all the same; several times")
      ->type_name("DIGEST")
      ->allow_extra_args(false);
  command.add_option("--allow-expired", allow_expired, "Accept this expired bundle all the same; several times")
      ->type_name("DIGEST")
      ->allow_extra_args(false);
}

bool PolicyOptions::asks_anything() const noexcept {
  return minimum_sequence != 0 || !audience.empty() || !stream.empty() || !state.empty() || !allow_rollback.empty() ||
         !allow_expired.empty();
}

Result<bundle::TrustState> PolicyOptions::check(std::span<const std::shared_ptr<const bundle::Bundle>> bundles) const {
  bundle::Policy policy{.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
                        .audience = audience,
                        .stream = stream,
                        .minimum_sequence = minimum_sequence};
  KF_TRY_ASSIGN(policy.allow_rollback, digests(allow_rollback, "--allow-rollback"));
  KF_TRY_ASSIGN(policy.allow_expired, digests(allow_expired, "--allow-expired"));
  bundle::TrustState known;
  if (!state.empty()) {
    KF_TRY_ASSIGN(known, bundle::TrustState::load(state));
  }
  for (const auto& bundle : bundles) {
    if (Status status = bundle::check_policy(bundle->manifest(), bundle->manifest_digest(), policy, known); !status) {
      return Failure(std::move(status).error().prefixed(bundle->name()));
    }
  }
  return known;
}

Status PolicyOptions::remember(bundle::TrustState known,
                               std::span<const std::shared_ptr<const bundle::Bundle>> bundles) const {
  if (state.empty()) {
    return {};
  }
  // Of several bundles of one stream the newest is what was accepted, in whatever order they are named.
  std::vector<std::shared_ptr<const bundle::Bundle>> oldest_first(bundles.begin(), bundles.end());
  std::ranges::stable_sort(oldest_first, {}, [](const auto& bundle) { return bundle->manifest().sequence; });
  for (const auto& bundle : oldest_first) {
    known.accept(bundle->manifest(), bundle->manifest_digest());
  }
  return known.save(state);
}

}  // namespace kubeferry::cli
