// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>  // before Boost: Asio 1.74 uses std::exchange without including it

#include <boost/asio/ip/tcp.hpp>

#include "exchange.hpp"
#include "shared.hpp"
#include "transport.hpp"

namespace kubeferry::registry_server {

using Clock = std::chrono::steady_clock;

/// One client. Lives for as long as something is awaited on its socket; exactly one thing is at any time, so it needs
/// no lock. Time-outs come from outside: whoever looks after them calls abort(), which wakes what is awaited.
class Connection : public std::enable_shared_from_this<Connection> {
public:
  using Socket = boost::asio::ip::tcp::socket;

  Connection(Shared& shared, Socket socket, std::unique_ptr<Transport> transport, std::string client);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  void start();

  // For other threads, under the ConnectionSet's lock:
  /// Makes every further read and write on the socket end.
  void abort() noexcept;
  /// When the client will have taken too long at what it is doing.
  [[nodiscard]] Clock::time_point deadline() const noexcept { return Clock::time_point(deadline_.load()); }
  /// Whether it is between two requests.
  [[nodiscard]] bool idle() const noexcept { return idle_; }

private:
  enum class Phase { handshake, head, sending, closing, draining };

  void run();
  void run_until_blocked();
  Io step();
  Io step_head();
  Io step_sending();
  Io step_closing();
  Io step_draining();
  void begin(std::string_view head);
  void refuse(unsigned status, std::string_view reason);
  void send_first(Request request, Response response);
  void wait_for_request();
  void enter(Phase phase, std::chrono::milliseconds allowed);

  Shared& shared_;
  Socket socket_;
  int fd_;
  std::unique_ptr<Transport> transport_;
  std::string client_;
  Phase phase_ = Phase::handshake;
  std::string input_;  ///< received, not yet answered
  std::size_t searched_ = 0;
  std::size_t drained_ = 0;
  std::optional<Exchange> exchange_;
  std::atomic<Clock::duration> deadline_{Clock::duration::zero()};
  std::atomic<bool> idle_ = false;
};

}  // namespace kubeferry::registry_server
