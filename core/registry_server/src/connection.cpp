// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <sys/socket.h>

#include <array>
#include <exception>

#include <boost/asio/post.hpp>

#include <kubeferry/registry_server/routes.hpp>

namespace kubeferry::registry_server {

void ConnectionSet::add(Connection& connection) {
  const std::lock_guard lock(mutex_);
  all_.insert(&connection);
}

void ConnectionSet::remove(Connection& connection) noexcept {
  const std::lock_guard lock(mutex_);
  all_.erase(&connection);
}

std::size_t ConnectionSet::size() const {
  const std::lock_guard lock(mutex_);
  return all_.size();
}

void ConnectionSet::for_each(const std::function<void(Connection&)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (Connection* const connection : all_) {
    visit(*connection);
  }
}

Connection::Connection(Shared& shared, Socket socket, std::unique_ptr<Transport> transport, std::string client)
    : shared_(shared),
      socket_(std::move(socket)),
      fd_(socket_.native_handle()),
      transport_(std::move(transport)),
      client_(std::move(client)) {
  enter(Phase::handshake, shared_.options.timeouts.handshake);
  shared_.connections.add(*this);
}

Connection::~Connection() { shared_.connections.remove(*this); }

void Connection::abort() noexcept { ::shutdown(fd_, SHUT_RDWR); }

void Connection::start() { run(); }

void Connection::enter(Phase phase, std::chrono::milliseconds allowed) {
  phase_ = phase;
  deadline_ = (Clock::now() + allowed).time_since_epoch();
}

void Connection::run() {
  try {
    run_until_blocked();
  } catch (const std::exception& thrown) {
    // Out of memory, most likely. Nothing is awaited any more, so this connection ends, and only this one.
    if (shared_.options.log) {
      shared_.log(client_ + " connection dropped: " + thrown.what());
    }
  }
}

void Connection::run_until_blocked() {
  constexpr std::uint64_t k_turn = std::uint64_t{1} << 20;  // then others get theirs
  const auto again = [self = shared_from_this()](const boost::system::error_code&) { self->run(); };
  const std::uint64_t start = transport_->written();
  for (;;) {
    const std::uint64_t before = transport_->written();
    const Io io = step();
    if (transport_->written() != before && phase_ == Phase::sending) {
      enter(Phase::sending, shared_.options.timeouts.stall);
    }
    switch (io) {
      case Io::closed: return;
      case Io::want_read: socket_.async_wait(Socket::wait_read, again); return;
      case Io::want_write: socket_.async_wait(Socket::wait_write, again); return;
      case Io::done: break;
    }
    if (transport_->written() - start >= k_turn) {
      boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->run(); });
      return;
    }
  }
}

Io Connection::step() {
  switch (phase_) {
    case Phase::handshake: {
      const Io io = transport_->handshake();
      if (io == Io::done) {
        wait_for_request();
      }
      return io;
    }
    case Phase::head: return step_head();
    case Phase::sending: return step_sending();
    case Phase::closing: return step_closing();
    case Phase::draining: return step_draining();
  }
  return Io::closed;
}

void Connection::wait_for_request() {
  if (input_.empty()) {
    input_ = std::string();  // an idle connection keeps no buffer
    enter(Phase::head, shared_.options.timeouts.idle);
    idle_ = true;
  } else {
    enter(Phase::head, shared_.options.timeouts.head);
  }
}

Io Connection::step_head() {
  if (const auto end = find_head_end(input_, searched_); end && *end <= shared_.options.max_head_bytes) {
    begin(std::string_view(input_).substr(0, *end));
    input_.erase(0, *end);
    return Io::done;
  }
  if (input_.size() >= shared_.options.max_head_bytes) {
    refuse(431, "the request's head is too long");
    return Io::done;
  }
  if (shared_.stopping && input_.empty()) {
    enter(Phase::closing, shared_.options.timeouts.stall);
    transport_->finish();
    return Io::done;
  }
  std::array<std::byte, 4096> bytes;
  std::size_t count = 0;
  const Io io = transport_->receive(bytes, count);
  if (io == Io::done) {
    if (input_.empty()) {
      idle_ = false;
      enter(Phase::head, shared_.options.timeouts.head);
    }
    input_ += as_text(ByteView(bytes).first(count));
  }
  return io;
}

void Connection::begin(std::string_view head) {
  auto request = parse_request(head);
  if (!request) {
    refuse(request.error().status, request.error().reason);
    return;
  }
  Response response = respond(*request, *shared_.content, shared_.pulls);
  send_first(std::move(*request), std::move(response));
}

void Connection::refuse(unsigned status, std::string_view reason) {
  Request unknown;
  unknown.method_name = "-";
  unknown.target = "-";
  Response response = error_response(status, ErrorCode::unsupported, reason);
  response.close = true;
  send_first(std::move(unknown), std::move(response));
}

void Connection::send_first(Request request, Response response) {
  exchange_.emplace(shared_, client_, std::move(request), std::move(response));
  enter(Phase::sending, shared_.options.timeouts.stall);
  if (transport_->put(exchange_->first_piece(transport_->sends_files())) != Io::done) {
    abort();
  }
}

Io Connection::step_sending() {
  if (const Io io = transport_->flush(exchange_->left() != 0 ? More::yes : More::no); io != Io::done) {
    return io;
  }
  if (exchange_->left() == 0) {
    const bool keep_alive = exchange_->keep_alive();
    exchange_->finished();
    exchange_.reset();
    if (keep_alive) {
      wait_for_request();
    } else {
      transport_->finish();
      enter(Phase::closing, shared_.options.timeouts.stall);
    }
    return Io::done;
  }
  if (transport_->sends_files()) {
    if (const auto span = exchange_->file_span()) {
      std::uint64_t sent = 0;
      const Io io = transport_->send_file(*span, exchange_->left(), sent);
      exchange_->advance(sent);
      return io;
    }
  }
  auto piece = exchange_->next_piece();
  // The length is promised already: ending early is how the client learns that something is wrong.
  return piece ? transport_->put(std::move(*piece)) : Io::closed;
}

Io Connection::step_closing() {
  if (const Io io = transport_->flush(More::no); io != Io::done) {
    return io;
  }
  // Closing a socket with unread bytes resets the connection, and the client may lose the response.
  ::shutdown(fd_, SHUT_WR);
  constexpr std::chrono::milliseconds k_allowed{2000};
  enter(Phase::draining, k_allowed);
  return Io::done;
}

Io Connection::step_draining() {
  constexpr std::size_t k_most = std::size_t{1} << 20;
  std::array<std::byte, 4096> bytes;
  const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got > 0) {
    drained_ += static_cast<std::size_t>(got);
    return drained_ < k_most ? Io::done : Io::closed;
  }
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) ? Io::want_read : Io::closed;
}

}  // namespace kubeferry::registry_server
