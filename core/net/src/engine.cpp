// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include <algorithm>

#include <kubeferry/base/text.hpp>
#include <kubeferry/net/header_values.hpp>

namespace kubeferry::net {
namespace {

constexpr int k_most_redirects = 5;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Anything else may be a secret under a name we do not know (R4).
bool may_leave_origin(std::string_view name) {
  return equals_ignoring_case(name, "Accept") || equals_ignoring_case(name, "Range") ||
         equals_ignoring_case(name, "If-Range");
}

Outcome refused(Failure&& failure) { return {{}, std::move(failure).value(), Transient::no}; }

bool may_repeat(const Request& request) {
  switch (request.retry) {
    case Retry::never: return false;
    case Retry::always: return true;
    case Retry::by_method: break;
  }
  return request.method != Method::post && request.method != Method::patch;
}

Result<Url> redirect_target(const Url& from, const Url& first, const Response& response) {
  const auto location = response.headers.find("Location");
  auto target = join_url(from, location.value_or(""));
  if (!target) {
    return Failure(std::move(target).error().prefixed(fmt::format("{} redirects", redacted(from.text()))));
  }
  if (from.is_https() && !target->is_https()) {
    return Failure(
        Error{ExitCode::network,
              fmt::format("{} redirects from https to http ({})", redacted(from.text()), redacted(target->text())),
              "the server or something in between is misconfigured or hostile; it was not followed",
              {}});
  }
  if (target->host != first.host && is_link_local(target->host)) {
    return Failure(Error{ExitCode::network,
                         fmt::format("{} redirects to the link-local address {}", redacted(from.text()), target->host),
                         "no registry lives there; it was not followed",
                         {}});
  }
  return target;
}

}  // namespace

bool is_transient_status(int status) noexcept {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

Engine::Engine(ClientOptions options, TrustTable trust, std::shared_ptr<Clock> clock)
    : options_(std::move(options)),
      trust_(std::move(trust)),
      clock_(std::move(clock)),
      random_(std::random_device{}()) {}

Outcome Engine::one_hop(const Request& request, const Url& url, const Url& first, const Headers& extra,
                        Receiver& receiver) {
  const Trust& trust = trust_.of(url);
  if (!url.is_https() && !trust.plain_http) {
    return refused(Failure(Error{ExitCode::network,
                                 fmt::format("{}: plain http is not allowed", redacted(url.text())),
                                 "use https, or mark this host as plain http if its network can be trusted",
                                 {}}));
  }
  const bool at_home = url.origin() == first.origin();
  Headers headers;
  for (const auto* list : {&request.headers, &extra}) {
    for (const auto& [name, value] : list->fields()) {
      if (at_home || may_leave_origin(name)) {
        headers.add(name, value);
      }
    }
  }
  if (at_home && !request.authorization.empty()) {
    headers.add("Authorization", request.authorization);
  }
  // One thread has one transfer at a time, so this gives each thread a handle of its own.
  const HttpVersion version = options_.version == HttpVersion::any ? request.version : options_.version;
  const std::string key = fmt::format("{} {}", version == HttpVersion::any ? "2" : "1", url.origin());
  Easy handle = pool_.take(key);
  if (!handle) {
    return {{}, Error{ExitCode::limit, "libcurl cannot be started (out of memory?)", {}, {}}, Transient::no};
  }
  const Hop hop{request, url, headers, trust, options_, version, url.host != first.host};
  Outcome outcome = transfer(handle.get(), hop, receiver);
  pool_.give_back(key, std::move(handle));
  return outcome;
}

Outcome Engine::exchange(const Request& request, const Headers& extra, Receiver& receiver) {
  auto parsed = parse_url(request.url);
  if (!parsed) {
    return {{}, std::move(parsed).error(), Transient::no};
  }
  const Url first = std::move(*parsed);
  Url url = first;
  for (int hop = 0;; ++hop) {
    Outcome outcome = one_hop(request, url, first, extra, receiver);
    if (outcome.error || !is_redirect(outcome.response.status)) {
      return outcome;
    }
    if (request.method != Method::get && request.method != Method::head) {
      return refused(fail(ExitCode::network, "{}: answers {} with a redirect, which is not followed",
                          redacted(url.text()), method_name(request.method)));
    }
    if (hop == k_most_redirects) {
      return refused(fail(ExitCode::network, "{}: more than {} redirects", redacted(request.url), k_most_redirects));
    }
    auto target = redirect_target(url, first, outcome.response);
    if (!target) {
      return {{}, std::move(target).error(), Transient::no};
    }
    url = std::move(*target);
  }
}

std::chrono::milliseconds Engine::delay(const Outcome& outcome, std::uint32_t attempt) {
  const auto& policy = options_.retry;
  const auto retry_after = outcome.response.headers.find("Retry-After");
  const auto asked = retry_after && !outcome.error ? parse_retry_after(*retry_after, clock_->now()) : std::nullopt;
  if (asked) {
    return std::min<std::chrono::milliseconds>(*asked, policy.longest_delay);
  }
  const auto doubled = policy.first_delay * (std::int64_t{1} << std::min(attempt - 1, 20U));
  const auto capped = std::min(doubled, policy.longest_delay);
  const std::scoped_lock lock(random_mutex_);
  std::uniform_int_distribution<std::int64_t> spread(capped.count() / 2, capped.count());
  return std::chrono::milliseconds(spread(random_));
}

Result<bool> Engine::wait_before_retry(const Request& request, const Outcome& outcome, std::uint32_t attempt) {
  const bool worth_it =
      outcome.error ? outcome.transient != Transient::no : is_transient_status(outcome.response.status);
  const auto attempts =
      outcome.transient == Transient::briefly ? std::min(options_.retry.attempts, 3U) : options_.retry.attempts;
  if (!worth_it || !may_repeat(request) || attempt >= attempts ||
      retries_.fetch_add(1, std::memory_order_relaxed) >= options_.retry.budget) {
    return false;
  }
  if (!clock_->sleep(delay(outcome, attempt), request.stop)) {
    return fail(ExitCode::interrupted, "interrupted");
  }
  return true;
}

}  // namespace kubeferry::net
