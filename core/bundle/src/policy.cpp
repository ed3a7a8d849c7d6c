// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/bundle/policy.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <kubeferry/base/atomic_file.hpp>
#include <kubeferry/base/json.hpp>

namespace kubeferry::bundle {

namespace {

constexpr std::uint64_t k_largest_state = std::uint64_t{1} << 20;

Failure refuse(std::string_view reason, std::string message, std::string hint = {}) {
  return Failure(
      Error{ExitCode::policy, std::move(message), std::move(hint), {}}.with_detail("reason", std::string(reason)));
}

bool contains(const std::vector<crypto::Digest>& digests, const crypto::Digest& digest) {
  return std::find(digests.begin(), digests.end(), digest) != digests.end();
}

Result<TrustState> parse_state(std::string_view text) {
  KF_TRY_ASSIGN(const Json json, parse_json(text, "trust state"));
  const JsonView view(json, "state");
  KF_TRY(view.only({"kind", "timeFloor", "streams"}));
  KF_TRY_ASSIGN(const std::string kind, view.string("kind"));
  if (kind != "kubeferry/trust-state/v1") {
    return view.wrong(fmt::format("is of kind \"{}\"", kind));
  }
  TrustState state;
  KF_TRY_ASSIGN(const std::string floor, view.string("timeFloor"));
  KF_TRY_ASSIGN(state.time_floor, parse_rfc3339(floor));
  KF_TRY_ASSIGN(const JsonView streams, view.member("streams"));
  KF_TRY_ASSIGN(const auto members, streams.members());
  for (const auto& [name, member] : members) {
    KF_TRY(member.only({"sequence", "manifest"}));
    StreamState stream;
    KF_TRY_ASSIGN(stream.sequence, member.unsigned_integer("sequence"));
    KF_TRY_ASSIGN(const std::string digest, member.string("manifest"));
    KF_TRY_ASSIGN(stream.manifest, crypto::Digest::parse(digest));
    state.streams.emplace(name, stream);
  }
  return state;
}

Status check_sequence(const Manifest& manifest, const crypto::Digest& digest, const Policy& policy,
                      const TrustState& state) {
  if (contains(policy.allow_rollback, digest)) {
    return {};
  }
  if (manifest.sequence < policy.minimum_sequence) {
    return refuse("rollback", fmt::format("the bundle's sequence {} is below the minimum of {}", manifest.sequence,
                                          policy.minimum_sequence));
  }
  const auto known = state.streams.find(manifest.stream);
  if (known == state.streams.end() || manifest.sequence > known->second.sequence) {
    return {};
  }
  if (manifest.sequence < known->second.sequence) {
    return refuse(
        "rollback",
        fmt::format("the bundle is older than what was accepted before: sequence {} of stream \"{}\", after {}",
                    manifest.sequence, manifest.stream, known->second.sequence),
        fmt::format("to go back on purpose: --allow-rollback {}", digest.to_string()));
  }
  if (digest != known->second.manifest) {
    return refuse("equivocation",
                  fmt::format("another bundle with sequence {} of stream \"{}\" was accepted before ({})",
                              manifest.sequence, manifest.stream, known->second.manifest.to_string()),
                  "two bundles must not share a sequence: ask whoever signs them which one is right");
  }
  return {};
}

Status check_time(const Manifest& manifest, const crypto::Digest& digest, const Policy& policy,
                  const TrustState& state) {
  // The machine's clock can only be believed as far as it does not contradict what was signed.
  if (manifest.created > policy.now + k_clock_tolerance) {
    return refuse("clock",
                  fmt::format("this machine's clock says {}, and the bundle was made at {}", to_rfc3339(policy.now),
                              to_rfc3339(manifest.created)),
                  "set the clock: certificates made now would not be valid");
  }
  if (state.time_floor > policy.now + k_clock_tolerance) {
    return refuse("clock",
                  fmt::format("this machine's clock says {}, but a bundle made at {} was accepted before",
                              to_rfc3339(policy.now), to_rfc3339(state.time_floor)),
                  "set the clock");
  }
  const TimePoint now = std::max(policy.now, state.time_floor);
  if (manifest.not_after && now > *manifest.not_after && !contains(policy.allow_expired, digest)) {
    return refuse("expired", fmt::format("the bundle expired at {}", to_rfc3339(*manifest.not_after)),
                  fmt::format("bring a newer bundle, or accept this one: --allow-expired {}", digest.to_string()));
  }
  return {};
}

}  // namespace

Result<TrustState> TrustState::load(const std::filesystem::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) {
      return TrustState{};
    }
    return fail_errno(errno, path.native());
  }
  const auto unusable = [&](std::string_view why) {
    return Failure(Error{ExitCode::io,
                         fmt::format("{}: {}", path.native(), why),
                         "find out who changed it; to start anew and forget what was accepted, remove it",
                         {}});
  };
  if (!S_ISREG(info.st_mode) || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
      (info.st_uid != 0 && info.st_uid != ::geteuid())) {
    return unusable("is a link, or others may write it");
  }
  KF_TRY_ASSIGN(const std::string text, read_file(path, k_largest_state));
  auto state = parse_state(text);
  if (!state) {
    return unusable(state.error().message);
  }
  return std::move(*state);
}

Status TrustState::save(const std::filesystem::path& path) const {
  Json out;
  out.set("kind", "kubeferry/trust-state/v1");
  out.set("timeFloor", to_rfc3339(time_floor));
  Json all = Json::object();
  for (const auto& [name, stream] : streams) {
    Json item;
    item.set("sequence", stream.sequence);
    item.set("manifest", stream.manifest.to_string());
    all.set(name, std::move(item));
  }
  out.set("streams", std::move(all));
  return write_file_atomically(path, to_text(out, JsonStyle::indented), 0600);
}

void TrustState::accept(const Manifest& manifest, const crypto::Digest& digest) {
  streams[manifest.stream] = {manifest.sequence, digest};
  time_floor = std::max(time_floor, manifest.created);
}

Status check_policy(const Manifest& manifest, const crypto::Digest& digest, const Policy& policy,
                    const TrustState& state) {
  if (!policy.audience.empty() && manifest.audience != policy.audience) {
    return refuse("audience",
                  fmt::format("the bundle is for \"{}\", and this site is \"{}\"", manifest.audience, policy.audience));
  }
  if (!policy.stream.empty() && manifest.stream != policy.stream) {
    return refuse("stream",
                  fmt::format("the bundle belongs to stream \"{}\", not \"{}\"", manifest.stream, policy.stream));
  }
  KF_TRY(check_time(manifest, digest, policy, state));
  return check_sequence(manifest, digest, policy, state);
}

}  // namespace kubeferry::bundle
