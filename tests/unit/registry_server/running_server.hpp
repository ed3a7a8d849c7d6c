// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <kubeferry/base/fd.hpp>
#include <kubeferry/crypto/x509.hpp>
#include <kubeferry/registry_server/server.hpp>

namespace kubeferry::registry_server {

/// A server on a free loopback port, in its own thread, stopped when this goes.
class RunningServer {
public:
  RunningServer(Options options, std::shared_ptr<const Content> content) {
    options.log = [this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    };
    auto server = Server::listen(std::move(options), std::move(content));
    EXPECT_TRUE(server) << server.error().message;
    server_.emplace(std::move(*server));
    thread_ = std::jthread([this] { status_ = server_->run(stop_.get_token()); });
  }
  ~RunningServer() { EXPECT_TRUE(stop()); }

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  void request_stop() { stop_.request_stop(); }
  bool stop() {
    stop_.request_stop();
    if (thread_.joinable()) {
      thread_.join();
    }
    return status_.has_value();
  }
  [[nodiscard]] std::string log() {
    const std::lock_guard lock(mutex_);
    std::string out;
    for (const std::string& line : lines_) {
      out += line + "\n";
    }
    return out;
  }

private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::optional<Server> server_;
  std::stop_source stop_;
  Status status_;
  std::jthread thread_;
};

/// A client without manners: sends what it is told, byte for byte.
class RawClient {
public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer != 0) {
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr generic{};
    static_assert(sizeof generic == sizeof address);
    std::memcpy(&generic, &address, sizeof address);
    connected_ = ::connect(fd_.get(), &generic, sizeof generic) == 0;
    EXPECT_TRUE(connected_);
  }
  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return;
      }
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void finish_sending() { ::shutdown(fd_.get(), SHUT_WR); }
  /// At most `limit` bytes, or what came before the end or a silence of `patience`.
  std::string receive(std::size_t limit, std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    std::string out;
    ended_ = false;
    while (out.size() < limit) {
      pollfd wait{fd_.get(), POLLIN, 0};
      if (::poll(&wait, 1, static_cast<int>(patience.count())) <= 0) {
        return out;
      }
      std::string piece(std::min<std::size_t>(limit - out.size(), 65536), '\0');
      const ssize_t got = ::recv(fd_.get(), piece.data(), piece.size(), 0);
      if (got <= 0) {
        ended_ = true;
        return out;
      }
      out.append(piece, 0, static_cast<std::size_t>(got));
    }
    return out;
  }
  std::string receive_all() { return receive(SIZE_MAX); }
  [[nodiscard]] bool ended() const { return ended_; }

private:
  Fd fd_;
  bool connected_ = false;
  bool ended_ = false;
};

/// A certificate authority and a certificate for 127.0.0.1, good for a day around now.
struct TestIdentity {
  std::string authority_pem;
  TlsIdentity tls;
};
inline TestIdentity make_identity() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto day = std::chrono::hours(24);
  auto authority = crypto::make_authority({.common_name = "test", .not_before = now - day, .not_after = now + day});
  EXPECT_TRUE(authority);
  auto server = crypto::make_server_identity(
      *authority,
      {.dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1"}, .not_before = now - day, .not_after = now + day});
  EXPECT_TRUE(server);
  auto key = server->key.to_pem();
  EXPECT_TRUE(key);
  return {authority->certificate_pem, {server->certificate_pem, std::move(*key)}};
}

}  // namespace kubeferry::registry_server
