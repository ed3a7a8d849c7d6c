// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <kubeferry/bundle/policy.hpp>
#include <kubeferry/source/join_pack.hpp>

namespace kubeferry::source {

namespace {

std::string duration_text(std::chrono::seconds duration) {
  using namespace std::chrono;
  const auto total_hours = duration_cast<hours>(duration);
  const auto rest = duration_cast<minutes>(duration - total_hours).count();
  if (total_hours >= hours(72)) {
    return fmt::format("{} days", total_hours / hours(24));
  }
  if (total_hours >= hours(1)) {
    return fmt::format("{} h {} min", total_hours.count(), rest);
  }
  return rest > 0 ? fmt::format("{} min", rest) : fmt::format("{} s", duration.count());
}

Failure refused(std::string message, std::string_view command, std::string reason) {
  Error error{ExitCode::policy, std::move(message), fmt::format("on a control-plane node: {}", command), {}};
  return Failure(std::move(error).with_detail("reason", std::move(reason)));
}

Status check_key(const JoinPack& pack, TimePoint now) {
  if (!pack.certificate_key) {
    return Failure(Error{ExitCode::usage,
                         "the join pack has no certificate key, without which no control plane can join",
                         fmt::format("on a control-plane node: {}", k_new_control_plane_pack),
                         {}});
  }
  if (pack.certificate_key->expires <= now) {
    return refused(
        fmt::format("the join pack's certificate key expired at {} ({})", to_rfc3339(pack.certificate_key->expires),
                    validity_text(pack.certificate_key->expires, now)),
        k_new_control_plane_pack, "expired");
  }
  return {};
}

}  // namespace

Status check(const JoinPack& pack, TimePoint now, JoinAs as) {
  if (pack.created > now + bundle::k_clock_tolerance) {
    Error error{ExitCode::policy,
                fmt::format("the join pack was made at {}, and this machine's clock says {}", to_rfc3339(pack.created),
                            to_rfc3339(now)),
                "set the clock: certificates would not hold either",
                {}};
    return Failure(std::move(error).with_detail("reason", "clock"));
  }
  if (pack.token_expires <= now) {
    return refused(fmt::format("the join pack's token expired at {} ({})", to_rfc3339(pack.token_expires),
                               validity_text(pack.token_expires, now)),
                   as == JoinAs::worker ? k_new_pack : k_new_control_plane_pack, "expired");
  }
  return as == JoinAs::control_plane ? check_key(pack, now) : Status{};
}

std::string validity_text(TimePoint expires, TimePoint now) {
  return expires > now ? fmt::format("for {}", duration_text(expires - now))
                       : fmt::format("expired {} ago", duration_text(now - expires));
}

}  // namespace kubeferry::source
