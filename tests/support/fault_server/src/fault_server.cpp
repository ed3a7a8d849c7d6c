// SPDX-License-Identifier: Apache-2.0
#include <kubeferry/testing/fault_server.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "connection.hpp"

namespace kubeferry::testing {

std::string Recorded::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && ::strncasecmp(key.data(), name.data(), name.size()) == 0) {
      return value;
    }
  }
  return {};
}

bool Recorded::has_header(std::string_view name) const {
  return std::ranges::any_of(headers, [&](const auto& field) {
    return field.first.size() == name.size() && ::strncasecmp(field.first.data(), name.data(), name.size()) == 0;
  });
}

struct FaultServer::State {
  FaultServerOptions options;
  SslContext context;
  int listener = -1;
  std::uint16_t port = 0;
  mutable std::mutex mutex;  // guards the rest
  std::map<std::string, Handler> handlers;
  std::map<std::string, Answer> refusals;
  Handler otherwise = [](const Recorded&) { return Answer{.status = 404, .body = "no such path"}; };
  std::vector<Recorded> requests;
  std::set<int> sockets;
  std::size_t accepted = 0;
  std::vector<std::thread> threads;
  std::thread acceptor;

  static std::string path_of(const Recorded& request) { return request.target.substr(0, request.target.find('?')); }

  Handler handler_of(const Recorded& request) {
    const std::scoped_lock lock(mutex);
    const auto found = handlers.find(path_of(request));
    return found == handlers.end() ? otherwise : found->second;
  }

  std::optional<Answer> refusal_of(const Recorded& request) {
    const std::scoped_lock lock(mutex);
    const auto found = refusals.find(path_of(request));
    return found == refusals.end() ? std::nullopt : std::optional(found->second);
  }

  void record(const Recorded& request) {
    const std::scoped_lock lock(mutex);
    requests.push_back(request);
  }

  // False when the connection is to be closed.
  bool serve_one(Connection& connection) {
    auto request = connection.read_head();
    if (!request) {
      return false;
    }
    if (const auto refusal = refusal_of(*request)) {
      record(*request);
      static_cast<void>(connection.answer(*request, *refusal));
      return false;
    }
    const bool whole = connection.read_body(*request);
    record(*request);
    return whole && connection.answer(*request, handler_of(*request)(*request));
  }

  void serve(int socket) {
    Connection connection(socket, context.get());
    if (options.cut_handshake) {
      std::array<char, 64> hello{};
      static_cast<void>(::recv(socket, hello.data(), hello.size(), 0));
      connection.reset();
    } else if (connection.handshake()) {
      while (serve_one(connection)) {
      }
    }
    const std::scoped_lock lock(mutex);
    sockets.erase(socket);
  }

  void accept_all() {
    for (;;) {
      const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) {
        return;
      }
      const int on = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const std::scoped_lock lock(mutex);
      ++accepted;
      sockets.insert(socket);
      threads.emplace_back([this, socket] { serve(socket); });
    }
  }
};

FaultServer::FaultServer(FaultServerOptions options) : state_(std::make_unique<State>()) {
  // OpenSSL writes to sockets with write(2), whose SIGPIPE would end the test.
  std::signal(SIGPIPE, SIG_IGN);
  state_->context = make_context(options);
  state_->options = std::move(options);
  state_->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(state_->listener, generic, length) != 0 || ::listen(state_->listener, 64) != 0 ||
      ::getsockname(state_->listener, generic, &length) != 0) {
    throw std::runtime_error("fault server: cannot listen");
  }
  state_->port = ntohs(address.sin_port);
  state_->acceptor = std::thread([state = state_.get()] { state->accept_all(); });
}

FaultServer::~FaultServer() {
  ::shutdown(state_->listener, SHUT_RDWR);
  state_->acceptor.join();
  ::close(state_->listener);
  {
    const std::scoped_lock lock(state_->mutex);
    for (const int socket : state_->sockets) {
      ::shutdown(socket, SHUT_RDWR);
    }
  }
  for (auto& thread : state_->threads) {
    thread.join();
  }
}

void FaultServer::on(const std::string& path, Handler handler) {
  const std::scoped_lock lock(state_->mutex);
  state_->handlers[path] = std::move(handler);
}

void FaultServer::on(const std::string& path, std::vector<Answer> answers) {
  struct Script {
    std::mutex mutex;
    std::vector<Answer> answers;
    std::size_t next = 0;
  };
  auto script = std::make_shared<Script>();
  script->answers = std::move(answers);
  on(path, [script](const Recorded&) {
    const std::scoped_lock lock(script->mutex);
    const Answer& answer = script->answers[std::min(script->next, script->answers.size() - 1)];
    ++script->next;
    return answer;
  });
}

void FaultServer::refuse_body(const std::string& path, Answer answer) {
  const std::scoped_lock lock(state_->mutex);
  state_->refusals[path] = std::move(answer);
}

void FaultServer::otherwise(Handler handler) {
  const std::scoped_lock lock(state_->mutex);
  state_->otherwise = std::move(handler);
}

std::uint16_t FaultServer::port() const { return state_->port; }
std::string FaultServer::authority() const { return fmt::format("127.0.0.1:{}", state_->port); }
std::string FaultServer::url(std::string_view target) const {
  return fmt::format("{}://{}{}", state_->context ? "https" : "http", authority(), target);
}

std::vector<Recorded> FaultServer::requests() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->requests;
}

std::size_t FaultServer::count(std::string_view path) const {
  const std::scoped_lock lock(state_->mutex);
  return static_cast<std::size_t>(std::ranges::count_if(state_->requests, [&](const Recorded& request) {
    return std::string_view(request.target).substr(0, request.target.find('?')) == path;
  }));
}

std::size_t FaultServer::connections() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->accepted;
}

}  // namespace kubeferry::testing
