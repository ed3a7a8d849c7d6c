// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <random>
#include <string>
#include <vector>

#include <kubeferry/net/client.hpp>
#include <kubeferry/testing/fault_server.hpp>

namespace kubeferry::net {

/// Remembers what it was asked to wait for, and does not wait.
class FakeClock final : public Clock {
public:
  TimePoint now() override { return TimePoint(std::chrono::seconds(784111777)); }  // Sun, 06 Nov 1994 08:49:37 GMT
  bool sleep(std::chrono::milliseconds duration, const std::stop_token& stop) override {
    const std::scoped_lock lock(mutex_);
    waits_.push_back(duration);
    return !stop.stop_requested();
  }
  std::vector<std::chrono::milliseconds> waits() {
    const std::scoped_lock lock(mutex_);
    return waits_;
  }

private:
  std::mutex mutex_;
  std::vector<std::chrono::milliseconds> waits_;
};

class StringSink final : public RestartableSink {
public:
  explicit StringSink(std::string start = {}) : text(std::move(start)) {}
  Status write(ByteView bytes) override {
    text.append(as_text(bytes));
    return {};
  }
  Status restart() override {
    text.clear();
    ++restarts;
    return {};
  }
  std::string text;
  int restarts = 0;
};

/// Bytes that are not the same at two places.
inline std::string noise(std::size_t size) {
  std::minstd_rand random(7);
  std::string text(size, '\0');
  for (auto& c : text) {
    c = static_cast<char>(random());
  }
  return text;
}

/// Options under which the servers of a test can be reached.
inline ClientOptions options_for(std::initializer_list<const testing::FaultServer*> servers) {
  ClientOptions options;
  options.proxy = Proxy::none;
  for (const auto* server : servers) {
    options.endpoints[server->authority()].plain_http = true;
  }
  return options;
}

inline std::unique_ptr<Client> client_for(std::initializer_list<const testing::FaultServer*> servers,
                                          std::shared_ptr<Clock> clock = std::make_shared<FakeClock>()) {
  return std::move(Client::make(options_for(servers), std::move(clock)).value());
}

inline Request get(std::string url) {
  Request request;
  request.url = std::move(url);
  return request;
}

}  // namespace kubeferry::net
