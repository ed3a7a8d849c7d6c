// SPDX-License-Identifier: Apache-2.0
#include "download.hpp"

#include <algorithm>

#include <kubeferry/base/text.hpp>
#include <kubeferry/net/header_values.hpp>

namespace kubeferry::net {
namespace {

// A weak validator does not promise equal bytes (RFC 9110 §8.8.1).
std::string strong_etag(const Response& head) {
  const auto etag = head.headers.find("ETag");
  return etag && !etag->starts_with("W/") && is_safe_header_value(*etag) ? std::string(*etag) : std::string();
}

/// Puts a body together from as many answers as it takes.
class Assembly final : public Receiver {
public:
  Assembly(std::string what, std::uint64_t size, std::uint64_t received, RestartableSink& sink)
      : what_(std::move(what)), size_(size), received_(received), sink_(sink) {}

  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
  [[nodiscard]] bool complete() const noexcept { return received_ == size_; }
  /// The last answer was for another part of the body: asking for parts is of no use with this server.
  [[nodiscard]] bool unusable_answer() const noexcept { return unusable_answer_; }

  Headers range_headers() {
    unusable_answer_ = false;
    asked_from_ = ranges_work_ ? received_ : 0;
    Headers headers;
    if (asked_from_ > 0) {
      headers.add("Range", fmt::format("bytes={}-", asked_from_));
      if (!etag_.empty()) {
        headers.add("If-Range", etag_);
      }
    }
    return headers;
  }

  Status restart() {
    received_ = 0;
    etag_.clear();
    return sink_.restart();
  }

  Status start_over_without_ranges() {
    ranges_work_ = false;
    return restart();
  }

  Status begin(const Response& head) override {
    const auto etag = strong_etag(head);
    if (head.status == 206) {
      const auto range = parse_content_range(head.headers.find("Content-Range").value_or(""));
      const bool fits = range && asked_from_ > 0 && range->first == asked_from_ && range->last + 1 <= size_ &&
                        range->size.value_or(size_) == size_;
      if (!fits || (!etag_.empty() && !etag.empty() && etag != etag_)) {
        unusable_answer_ = true;
        return fail(ExitCode::network, "{}: the server answered another range than was asked for", what_);
      }
      return {};
    }
    KF_TRY(check_length(head));
    if (received_ > 0) {
      KF_TRY(restart());
    }
    etag_ = etag;
    return {};
  }

  Status write(ByteView bytes) override {
    if (bytes.size() > size_ - received_) {
      return fail(ExitCode::integrity, "{}: is longer than its {} bytes", what_, size_);
    }
    KF_TRY(sink_.write(bytes));
    received_ += bytes.size();
    return {};
  }

private:
  // Another length is another thing (a paywall's page, another version): do not even begin.
  Status check_length(const Response& head) {
    const auto text = head.headers.find("Content-Length");
    const auto length = text ? parse_decimal(*text) : std::nullopt;
    if (length && *length != size_) {
      return fail(ExitCode::integrity, "{}: has {} bytes instead of {}", what_, *length, size_);
    }
    return {};
  }

  std::string what_;
  std::uint64_t size_;
  std::uint64_t received_;
  RestartableSink& sink_;
  std::string etag_;
  std::uint64_t asked_from_ = 0;
  bool ranges_work_ = true;
  bool unusable_answer_ = false;
};

}  // namespace

Result<Download> download(Engine& engine, const Request& request, std::uint64_t expected_size,
                          std::uint64_t resume_from, RestartableSink& sink) {
  const std::string what = redacted(request.url);
  if (resume_from > expected_size) {
    return fail(ExitCode::bug, "{}: resumed behind its end", what);
  }
  Assembly assembly(what, expected_size, resume_from, sink);
  std::uint64_t furthest = resume_from;
  for (std::uint32_t attempt = 1;; ++attempt) {
    Outcome outcome = engine.exchange(request, assembly.range_headers(), assembly);
    const bool success = outcome.response.status >= 200 && outcome.response.status < 300;
    // All bytes are here: how the connection ended after that is nobody's concern, the digest decides.
    const bool broke_off_late = outcome.error && outcome.transient != Transient::no;
    if (success && assembly.complete() && (!outcome.error || broke_off_late)) {
      return Download{std::move(outcome.response), assembly.received()};
    }
    const bool range_refused = !outcome.error && outcome.response.status == 416 && assembly.received() > 0;
    if (assembly.unusable_answer() || range_refused) {
      // After that no ranges are asked for, so this cannot come twice.
      KF_TRY(assembly.start_over_without_ranges());
      continue;
    }
    if (!outcome.error && success) {
      outcome.error = Error{ExitCode::integrity,
                            fmt::format("{}: ends after {} of {} bytes", what, assembly.received(), expected_size),
                            {},
                            {}};
      outcome.transient = Transient::yes;  // a proxy that lost its upstream ends bodies without length just so
    }
    if (assembly.received() > furthest) {
      furthest = assembly.received();
      attempt = 1;
    }
    KF_TRY_ASSIGN(const bool again, engine.wait_before_retry(request, outcome, attempt));
    if (!again && outcome.error) {
      return Failure(std::move(*outcome.error));
    }
    if (!again) {
      return Download{std::move(outcome.response), assembly.received()};
    }
  }
}

}  // namespace kubeferry::net
