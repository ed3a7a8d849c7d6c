// SPDX-License-Identifier: Apache-2.0
// serve_load: how fast a registry serves. N keep-alive HTTP/1.1 clients GET the given paths in turn for T seconds.
// Knows nothing about whose server it is, so that two can be measured alike. Prints one JSON line:
//   {"bytes":…,"requests":…,"seconds":…,"bytes_per_second":…,"failures":…}
// With --idle it opens N connections, makes one request on each, prints "idle" and holds them until T seconds are over.
#include <netdb.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
  std::string host = "127.0.0.1";
  std::string port = "5000";
  std::string ca;
  bool plain = false;
  bool idle = false;
  unsigned connections = 16;
  double seconds = 5;
  std::vector<std::string> paths;
};

struct Totals {
  std::atomic<std::uint64_t> bytes = 0;
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> failures = 0;
};

int connect_to(const Settings& settings) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(settings.host.c_str(), settings.port.c_str(), &hints, &found) != 0) {
    return -1;
  }
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = fd >= 0 && ::connect(fd, found->ai_addr, found->ai_addrlen) == 0;
  ::freeaddrinfo(found);
  if (!connected) {
    ::close(fd);
    return -1;
  }
  return fd;
}

/// One connection: bytes out, bytes in. Everything that goes wrong is the end of it.
class Client {
public:
  Client(const Settings& settings, SSL_CTX* context) : fd_(connect_to(settings)) {
    if (fd_ >= 0 && context != nullptr) {
      ssl_.reset(SSL_new(context));
      SSL_set_fd(ssl_.get(), fd_);
      usable_ = SSL_connect(ssl_.get()) == 1;
    } else {
      usable_ = fd_ >= 0;
    }
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() {
    ssl_.reset();
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }

  [[nodiscard]] bool usable() const { return usable_; }

  /// GETs `path` and drops the body; its length, or nothing when the response is not a complete 200. `until` may end
  /// the counting early: then what has arrived counts and the connection is not usable any more.
  std::optional<std::uint64_t> get(const std::string& path, Clock::time_point until) {
    const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: bench\r\nAccept: */*\r\n\r\n", path);
    if (!send(request)) {
      return std::nullopt;
    }
    std::string head;
    std::size_t end = std::string::npos;
    while ((end = head.find("\r\n\r\n")) == std::string::npos) {
      const std::size_t got = receive();
      if (got == 0 || head.size() > 65536) {
        return std::nullopt;
      }
      head.append(buffer_.data(), got);
    }
    const std::optional<std::uint64_t> length = body_length(std::string_view(head).substr(0, end));
    std::uint64_t arrived = head.size() - end - 4;
    while (length && arrived < *length) {
      const std::size_t got = receive();
      if (got == 0) {
        return std::nullopt;
      }
      arrived += got;
      if (Clock::now() >= until) {
        usable_ = false;
        return arrived;
      }
    }
    return length;
  }

private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  static std::optional<std::uint64_t> body_length(std::string_view head) {
    constexpr std::string_view k_field = "\r\nContent-Length: ";
    const std::size_t at = head.find(k_field);
    std::uint64_t length = 0;
    if (!head.starts_with("HTTP/1.1 200") || at == std::string_view::npos) {
      return std::nullopt;
    }
    std::from_chars(head.data() + at + k_field.size(), head.data() + head.size(), length);
    return length;
  }

  bool send(std::string_view text) {
    std::size_t written = 0;
    return ssl_ ? SSL_write_ex(ssl_.get(), text.data(), text.size(), &written) == 1
                : ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }

  std::size_t receive() {
    std::size_t got = 0;
    if (ssl_) {
      return SSL_read_ex(ssl_.get(), buffer_.data(), buffer_.size(), &got) == 1 ? got : 0;
    }
    const ssize_t count = ::recv(fd_, buffer_.data(), buffer_.size(), 0);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

  int fd_;
  std::unique_ptr<SSL, Free> ssl_;
  bool usable_ = false;
  std::array<char, 128 * 1024> buffer_{};
};

SSL_CTX* make_context(const Settings& settings) {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) {
    return nullptr;
  }
  if (!settings.ca.empty()) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_load_verify_locations(context, settings.ca.c_str(), nullptr) != 1) {
      return nullptr;
    }
  }
  // Fewer read(2) calls: the client should cost as little as possible of the processors it shares with the server.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, 128 * 1024);
  return context;
}

void load(const Settings& settings, SSL_CTX* context, unsigned number, Clock::time_point until, Totals& totals) {
  std::unique_ptr<Client> client;
  for (std::size_t next = number; Clock::now() < until; ++next) {
    if (!client || !client->usable()) {
      client = std::make_unique<Client>(settings, context);
    }
    const auto bytes = client->usable() ? client->get(settings.paths[next % settings.paths.size()], until)
                                        : std::optional<std::uint64_t>();
    if (bytes) {
      totals.bytes += *bytes;
      ++totals.requests;
    } else {
      ++totals.failures;
      client.reset();
    }
  }
}

int hold(const Settings& settings, SSL_CTX* context, Clock::time_point until) {
  std::vector<std::unique_ptr<Client>> clients;
  for (unsigned n = 0; n < settings.connections; ++n) {
    clients.push_back(std::make_unique<Client>(settings, context));
    if (!clients.back()->usable() || !clients.back()->get("/v2/", Clock::time_point::max())) {
      fmt::print(stderr, "connection {} failed\n", n);
      return 1;
    }
  }
  fmt::print("idle\n");
  std::fflush(stdout);
  std::this_thread::sleep_until(until);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("How fast a registry serves");
  app.add_option("--host", settings.host);
  app.add_option("--port", settings.port);
  app.add_option("--ca", settings.ca, "PEM of the CA that must have signed the server's certificate");
  app.add_flag("--plain-http", settings.plain);
  app.add_flag("--idle", settings.idle);
  app.add_option("--connections", settings.connections)->check(CLI::Range(1U, 60000U));
  app.add_option("--seconds", settings.seconds);
  app.add_option("paths", settings.paths, "such as /v2/pause/blobs/sha256:…");
  CLI11_PARSE(app, argc, argv);
  SSL_CTX* const context = settings.plain ? nullptr : make_context(settings);
  if ((context == nullptr && !settings.plain) || (settings.paths.empty() && !settings.idle)) {
    fmt::print(stderr, "serve_load: a readable CA and at least one path, please\n");
    return 2;
  }
  const auto start = Clock::now();
  const auto until =
      start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(settings.seconds));
  if (settings.idle) {
    return hold(settings, context, until);
  }
  Totals totals;
  {
    std::vector<std::jthread> team;
    for (unsigned n = 0; n < settings.connections; ++n) {
      team.emplace_back([&, n] { load(settings, context, n, until, totals); });
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  fmt::print("{{\"bytes\":{},\"requests\":{},\"seconds\":{:.3f},\"bytes_per_second\":{:.0f},\"failures\":{}}}\n",
             totals.bytes.load(), totals.requests.load(), seconds, static_cast<double>(totals.bytes.load()) / seconds,
             totals.failures.load());
  SSL_CTX_free(context);
  return totals.failures == 0 ? 0 : 1;
}
