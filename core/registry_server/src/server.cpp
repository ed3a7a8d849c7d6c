// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/registry_server/server.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <kubeferry/base/text.hpp>
#include <kubeferry/base/workers.hpp>

#include "connection.hpp"
#include "tls.hpp"

namespace kubeferry::registry_server {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

std::string client_name(const tcp::socket& socket) {
  boost::system::error_code error;
  const auto address = socket.remote_endpoint(error).address();
  if (error) {
    return "?";
  }
  return address.is_v6() && address.to_v6().is_v4_mapped()
             ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string()
             : address.to_string();
}

void raise_file_limit(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/// Threads inherit the mask of their maker: signals are for the thread that called us, and a client that goes away
/// during sendfile(2), which has no MSG_NOSIGNAL, is no reason to die.
class BlockedSignals {
public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
  sigset_t before_{};
};

}  // namespace

class Server::Impl {
public:
  Impl(Options options, std::shared_ptr<const Content> content, std::optional<TlsContext> tls, std::size_t threads)
      : shared_(std::move(options), std::move(content), threads),
        threads_(threads),
        secure_(tls.has_value()),
        control_(asio::make_strand(io_)),
        acceptor_(control_),
        sweep_(control_),
        retry_(control_) {
    if (tls) {
      tls_.push_back(std::move(*tls));
    }
  }

  Status bind();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  Status run(const std::stop_token& stop);
  Status set_identity(const TlsIdentity& identity);

private:
  void accept_next();
  void accepted(const boost::system::error_code& error, tcp::socket socket);
  void retry_later();
  void close_longest_idle();
  void sweep_later();
  void sweep();
  void begin_stop();
  void work();

  Shared shared_;
  std::vector<TlsContext> tls_;  // the last one counts; open connections may still need those before it
  std::size_t threads_;
  bool secure_;
  std::uint16_t port_ = 0;
  Clock::time_point give_up_;
  asio::io_context io_;                                    // destroyed before what its connections refer to
  asio::strand<asio::io_context::executor_type> control_;  // everything below is only touched on it
  tcp::acceptor acceptor_;
  asio::steady_timer sweep_;
  asio::steady_timer retry_;
};

Status Server::Impl::bind() {
  const Options& options = shared_.options;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) {
    return fail(ExitCode::usage, "listen address {}: not a numeric IPv4 or IPv6 address", printable(options.address));
  }
  const auto check = [&](const char* what) -> Status {
    return error ? Status(fail(ExitCode::network, "listen on {} port {}: {}: {}", printable(options.address),
                               options.port, what, error.message()))
                 : Status();
  };
  const tcp::endpoint endpoint(address, options.port);
  acceptor_.open(endpoint.protocol(), error);
  KF_TRY(check("socket"));
  acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  KF_TRY(check("socket option"));
  if (address.is_v6()) {
    acceptor_.set_option(asio::ip::v6_only(!address.is_unspecified()), error);
    KF_TRY(check("socket option"));
  }
  acceptor_.bind(endpoint, error);
  KF_TRY(check("bind"));
  acceptor_.listen(asio::socket_base::max_listen_connections, error);
  KF_TRY(check("listen"));
  port_ = acceptor_.local_endpoint(error).port();
  return check("address");
}

void Server::Impl::accept_next() {
  if (!acceptor_.is_open()) {
    return;
  }
  if (shared_.connections.size() >= shared_.options.max_connections) {
    close_longest_idle();
    retry_later();
    return;
  }
  acceptor_.async_accept(
      io_, [this](const boost::system::error_code& error, tcp::socket socket) { accepted(error, std::move(socket)); });
}

void Server::Impl::accepted(const boost::system::error_code& error, tcp::socket socket) {
  if (error == asio::error::operation_aborted) {
    return;
  }
  if (error) {
    // Out of descriptors, most likely: the listener stays readable, so accepting at once would spin.
    close_longest_idle();
    retry_later();
    return;
  }
  try {
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(tcp::no_delay(true), ignored);
    const int fd = socket.native_handle();
    auto transport = tls_.empty() ? make_plain_transport(fd) : tls_.back().make_transport(fd, shared_.buffers);
    std::string client = client_name(socket);
    auto connection = std::make_shared<Connection>(shared_, std::move(socket), std::move(transport), std::move(client));
    asio::post(io_, [connection = std::move(connection)] { connection->start(); });
  } catch (const std::exception&) {
    close_longest_idle();  // out of memory: this client is dropped, the next may fare better
  }
  accept_next();
}

void Server::Impl::retry_later() {
  constexpr std::chrono::milliseconds k_pause{20};
  retry_.expires_after(k_pause);
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (!error) {
      accept_next();
    }
  });
}

void Server::Impl::close_longest_idle() {
  Connection* longest = nullptr;
  shared_.connections.for_each([&](Connection& connection) {
    if (connection.idle() && (longest == nullptr || connection.deadline() < longest->deadline())) {
      longest = &connection;
    }
  });
  shared_.connections.for_each([&](Connection& connection) {
    // Looked up again: it may have gone between the two visits, and another may live at its address.
    if (&connection == longest && connection.idle()) {
      connection.abort();
    }
  });
}

void Server::Impl::sweep_later() {
  const Timeouts& timeouts = shared_.options.timeouts;
  const auto shortest = std::min({timeouts.handshake, timeouts.head, timeouts.idle, timeouts.stall});
  constexpr std::chrono::milliseconds k_fastest{20};
  constexpr std::chrono::milliseconds k_slowest{1000};
  sweep_.expires_after(shared_.stopping ? k_fastest : std::clamp(shortest / 4, k_fastest, k_slowest));
  sweep_.async_wait([this](const boost::system::error_code& error) {
    if (!error) {
      sweep();
    }
  });
}

void Server::Impl::sweep() {
  const auto now = Clock::now();
  const bool all = shared_.stopping && now >= give_up_;
  shared_.connections.for_each([&](Connection& connection) {
    if (all || connection.deadline() < now || (shared_.stopping && connection.idle())) {
      connection.abort();
    }
  });
  if (!shared_.stopping || shared_.connections.size() != 0) {
    sweep_later();
  }
}

void Server::Impl::work() {
  for (;;) {
    try {
      io_.run();
      return;
    } catch (const std::exception& thrown) {
      // One handler failed (connections catch their own); the reactor itself is as good as before.
      if (shared_.options.log) {
        shared_.log(fmt::format("registry server: {}", thrown.what()));
      }
    }
  }
}

void Server::Impl::begin_stop() {
  give_up_ = Clock::now() + shared_.options.timeouts.stop;
  shared_.stopping = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
  sweep_.cancel();
  sweep();
}

Status Server::Impl::run(const std::stop_token& stop) {
  raise_file_limit(shared_.options.max_connections + 64);
  try {
    asio::post(control_, [this] {
      accept_next();
      sweep_later();
    });
    std::vector<std::jthread> team;
    {
      const BlockedSignals blocked;
      for (std::size_t n = 0; n < threads_; ++n) {
        team.emplace_back([this] { work(); });
      }
    }
    const std::stop_callback on_stop(stop, [this] { asio::post(control_, [this] { begin_stop(); }); });
    team.clear();  // joins
  } catch (const std::exception& thrown) {
    return fail(ExitCode::network, "registry server: {}", thrown.what());
  }
  return {};
}

Status Server::Impl::set_identity(const TlsIdentity& identity) {
  if (!secure_) {
    return fail(ExitCode::bug, "registry server: has no TLS");
  }
  KF_TRY_ASSIGN(TlsContext made, TlsContext::create(identity));
  asio::post(control_,
             [this, made = std::make_shared<TlsContext>(std::move(made))] { tls_.push_back(std::move(*made)); });
  return {};
}

Server::Server(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server::~Server() = default;

std::uint16_t Server::port() const noexcept { return impl_->port(); }
Status Server::run(const std::stop_token& stop) { return impl_->run(stop); }
Status Server::set_identity(const TlsIdentity& identity) { return impl_->set_identity(identity); }

Result<Server> Server::listen(Options options, std::shared_ptr<const Content> content) {
  std::optional<TlsContext> tls;
  if (options.tls) {
    KF_TRY_ASSIGN(tls, TlsContext::create(*options.tls));
    options.tls.reset();  // the key is not needed twice in memory
  }
  const std::size_t threads = options.threads != 0 ? options.threads : usable_processors();
  try {
    auto impl = std::make_unique<Impl>(std::move(options), std::move(content), std::move(tls), threads);
    KF_TRY(impl->bind());
    return Server(std::move(impl));
  } catch (const std::exception& thrown) {
    return fail(ExitCode::network, "registry server: {}", thrown.what());
  }
}

}  // namespace kubeferry::registry_server
