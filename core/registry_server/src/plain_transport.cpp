// SPDX-License-Identifier: Apache-2.0
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "transport.hpp"

namespace kubeferry::registry_server {

namespace {

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

class PlainTransport final : public Transport {
public:
  explicit PlainTransport(int socket) : socket_(socket) {}

  Io handshake() override { return Io::done; }

  Io receive(MutableByteView into, std::size_t& count) override {
    for (;;) {
      const ssize_t got = ::recv(socket_, into.data(), into.size(), MSG_DONTWAIT);
      if (got > 0) {
        count = static_cast<std::size_t>(got);
        return Io::done;
      }
      if (got < 0 && errno == EINTR) {
        continue;
      }
      return got < 0 && would_block(errno) ? Io::want_read : Io::closed;
    }
  }

  Io put(Buffer plain) override {
    pending_ = std::move(plain);
    return Io::done;
  }

  Io flush(More more) override { return send_pending(socket_, pending_, more, written_); }

  [[nodiscard]] bool sends_files() const noexcept override { return true; }

  Io send_file(const FileSpan& span, std::uint64_t limit, std::uint64_t& sent) override {
    constexpr std::uint64_t k_most = std::uint64_t{1} << 20;  // one turn of the reactor, so that others get theirs
    const auto count = static_cast<std::size_t>(std::min({span.length, limit, k_most}));
    auto offset = static_cast<off_t>(span.offset);
    for (;;) {
      const ssize_t done = ::sendfile(socket_, span.fd, &offset, count);
      if (done > 0) {
        sent = static_cast<std::uint64_t>(done);
        written_ += sent;
        return Io::done;
      }
      if (done < 0 && errno == EINTR) {
        continue;
      }
      return done < 0 && would_block(errno) ? Io::want_write : Io::closed;
    }
  }

  void finish() override {}

  [[nodiscard]] std::uint64_t written() const noexcept override { return written_; }

private:
  int socket_;
  Buffer pending_;
  std::uint64_t written_ = 0;
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(int socket) { return std::make_unique<PlainTransport>(socket); }

Io send_pending(int socket, Buffer& pending, More more, std::uint64_t& written) {
  while (!pending.empty()) {
    const ByteView bytes = pending.used();
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more == More::yes ? MSG_MORE : 0);
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), flags);
    if (sent < 0) {
      if (errno == EINTR) {
        continue;
      }
      return would_block(errno) ? Io::want_write : Io::closed;
    }
    pending.drop_front(static_cast<std::size_t>(sent));
    written += static_cast<std::uint64_t>(sent);
  }
  pending = Buffer();
  return Io::done;
}

}  // namespace kubeferry::registry_server
