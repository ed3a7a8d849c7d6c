// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/net/client.hpp>

#include <algorithm>

#include <kubeferry/base/text.hpp>
#include <kubeferry/net/header_values.hpp>
#include <kubeferry/net/url.hpp>

#include "download.hpp"

namespace kubeferry::net {
namespace {

/// Passes a body on, up to a limit.
class Limited final : public Receiver {
public:
  Limited(const Request& request, Sink& sink) : request_(request), sink_(sink) {}

  [[nodiscard]] bool untouched() const noexcept { return received_ == 0; }

  Status begin(const Response& head) override {
    const auto length = head.headers.find("Content-Length");
    if (request_.method != Method::head && length && parse_decimal(*length).value_or(0) > request_.body_limit) {
      return too_large();
    }
    return {};
  }
  Status write(ByteView bytes) override {
    if (bytes.size() > request_.body_limit - received_) {
      return too_large();
    }
    received_ += bytes.size();
    return sink_.write(bytes);
  }

private:
  [[nodiscard]] Failure too_large() const {
    return fail(ExitCode::limit, "{}: the answer is larger than {}", redacted(request_.url),
                human_bytes(request_.body_limit));
  }

  const Request& request_;
  Sink& sink_;
  std::uint64_t received_ = 0;
};

}  // namespace

struct Client::State {
  State(ClientOptions options, TrustTable trust, std::shared_ptr<Clock> clock)
      : engine(std::move(options), std::move(trust), std::move(clock)) {}
  Engine engine;
};

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::make(ClientOptions options, std::shared_ptr<Clock> clock) {
  KF_TRY_ASSIGN(TrustTable trust, TrustTable::load(options));
  if (!clock) {
    clock = std::make_shared<SystemClock>();
  }
  return std::unique_ptr<Client>(
      new Client(std::make_unique<State>(std::move(options), std::move(trust), std::move(clock))));
}

Result<Response> Client::send(const Request& request) {
  for (std::uint32_t attempt = 1;; ++attempt) {
    MemorySink memory(request.body_limit);
    Limited receiver(request, memory);
    Outcome outcome = state_->engine.exchange(request, {}, receiver);
    KF_TRY_ASSIGN(const bool again, state_->engine.wait_before_retry(request, outcome, attempt));
    if (again) {
      continue;
    }
    if (outcome.error) {
      return Failure(std::move(*outcome.error));
    }
    if (outcome.response.status >= 200 && outcome.response.status < 300) {
      outcome.response.body = memory.take();
    }
    return std::move(outcome.response);
  }
}

Result<Response> Client::fetch(const Request& request, Sink& sink) {
  for (std::uint32_t attempt = 1;; ++attempt) {
    Limited receiver(request, sink);
    Outcome outcome = state_->engine.exchange(request, {}, receiver);
    if (receiver.untouched()) {
      KF_TRY_ASSIGN(const bool again, state_->engine.wait_before_retry(request, outcome, attempt));
      if (again) {
        continue;
      }
    }
    if (outcome.error) {
      return Failure(std::move(*outcome.error));
    }
    return std::move(outcome.response);
  }
}

Result<Download> Client::download(const Request& request, std::uint64_t expected_size, std::uint64_t resume_from,
                                  RestartableSink& sink) {
  return net::download(state_->engine, request, expected_size, resume_from, sink);
}

}  // namespace kubeferry::net
