// SPDX-License-Identifier: Apache-2.0
#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <utility>

#include "tls.hpp"

namespace kubeferry::registry_server {

namespace {

/// OpenSSL reads straight from the socket, but writes into a buffer: it makes records of at most 16 KiB, one BIO write
/// each, and sending those one by one is what makes most TLS servers slow.
class TlsTransport final : public Transport {
public:
  TlsTransport(SSL_CTX* context, const BIO_METHOD* method, int socket, BufferPool& pool)
      : socket_(socket), pool_(pool), ssl_(SSL_new(context)) {
    BIO* const bio = BIO_new(method);
    if (!ssl_ || bio == nullptr) {
      BIO_free(bio);
      throw std::bad_alloc();
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
  }
  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;

  Io handshake() override {
    // What the last call had to say must be out before the answer to it can be waited for.
    if (const Io io = flush(More::no); io != Io::done) {
      return io;
    }
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    const Io verdict = verdict_of(result);
    const Io sent = flush(More::no);
    return sent == Io::done || verdict == Io::closed ? verdict : sent;
  }

  Io receive(MutableByteView into, std::size_t& count) override {
    if (const Io io = flush(More::no); io != Io::done) {
      return io;
    }
    ERR_clear_error();
    const Io verdict = verdict_of(SSL_read_ex(ssl_.get(), into.data(), into.size(), &count));
    if (verdict == Io::done || verdict == Io::closed) {
      return verdict;
    }
    // Reading may have answered something (a key update).
    const Io sent = flush(More::no);
    return sent == Io::done ? verdict : sent;
  }

  Io put(Buffer plain) override {
    ByteView rest = plain.used();
    pending_ = pool_.take(rest.size() + rest.size() / 128 + 512);
    while (!rest.empty()) {
      ERR_clear_error();
      std::size_t taken = 0;
      if (SSL_write_ex(ssl_.get(), rest.data(), rest.size(), &taken) != 1) {
        return Io::closed;
      }
      rest = rest.subspan(taken);
    }
    return Io::done;
  }

  Io flush(More more) override { return overflowed_ ? Io::closed : send_pending(socket_, pending_, more, written_); }

  [[nodiscard]] bool sends_files() const noexcept override { return false; }
  Io send_file(const FileSpan&, std::uint64_t, std::uint64_t&) override { return Io::closed; }

  void finish() override {
    ERR_clear_error();
    static_cast<void>(SSL_shutdown(ssl_.get()));
    ERR_clear_error();
  }

  [[nodiscard]] std::uint64_t written() const noexcept override { return written_; }

  int bio_read(BIO* bio, char* data, std::size_t size, std::size_t* count) {
    BIO_clear_retry_flags(bio);
    ssize_t got = 0;
    do {
      got = ::recv(socket_, data, size, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
      *count = static_cast<std::size_t>(got);
      return 1;
    }
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      BIO_set_retry_read(bio);
    }
    ended_ = got == 0;
    return 0;
  }

  int bio_write(const char* data, std::size_t size, std::size_t* count) noexcept {
    // Only a client that makes us answer without ever reading gets here.
    constexpr std::size_t k_most = std::size_t{1} << 20;
    try {
      if (pending_.size() + size > k_most) {
        overflowed_ = true;
        return 0;
      }
      pending_.append({reinterpret_cast<const std::byte*>(data), size});
    } catch (const std::bad_alloc&) {
      overflowed_ = true;
      return 0;
    }
    *count = size;
    return 1;
  }

  [[nodiscard]] bool ended() const noexcept { return ended_; }

private:
  [[nodiscard]] Io verdict_of(int result) {
    if (result == 1) {
      return Io::done;
    }
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ: return Io::want_read;
      case SSL_ERROR_WANT_WRITE: return Io::want_write;
      default: return Io::closed;
    }
  }

  int socket_;
  BufferPool& pool_;
  Buffer pending_;
  std::uint64_t written_ = 0;
  bool ended_ = false;
  bool overflowed_ = false;
  SslPtr ssl_;  // last: its destruction may still write to the members above
};

TlsTransport& transport_of(BIO* bio) { return *static_cast<TlsTransport*>(BIO_get_data(bio)); }

int read_callback(BIO* bio, char* data, std::size_t size, std::size_t* count) {
  return transport_of(bio).bio_read(bio, data, size, count);
}

int write_callback(BIO* bio, const char* data, std::size_t size, std::size_t* count) {
  BIO_clear_retry_flags(bio);
  return transport_of(bio).bio_write(data, size, count);
}

long control_callback(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return transport_of(bio).ended() ? 1 : 0;
    default: return 0;
  }
}

}  // namespace

BioMethodPtr make_bio_method() {
  BioMethodPtr method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "kubeferry gathering socket"));
  if (method && (BIO_meth_set_read_ex(method.get(), read_callback) != 1 ||
                 BIO_meth_set_write_ex(method.get(), write_callback) != 1 ||
                 BIO_meth_set_ctrl(method.get(), control_callback) != 1)) {
    method.reset();
  }
  return method;
}

std::unique_ptr<Transport> make_tls_transport(SSL_CTX* context, const BIO_METHOD* method, int socket,
                                              BufferPool& pool) {
  return std::make_unique<TlsTransport>(context, method, socket, pool);
}

}  // namespace kubeferry::registry_server
