// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <thread>

#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <fmt/format.h>

namespace kubeferry::testing {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\r')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

// "bytes=10-" and "bytes=10-19" are all that our client sends.
void apply_range(const Recorded& request, Answer& answer) {
  const std::string range = request.header("Range");
  if (answer.ranges == Ranges::ignored || !range.starts_with("bytes=")) {
    return;
  }
  const std::size_t size = answer.body.size();
  const std::size_t first = std::strtoull(range.c_str() + 6, nullptr, 10);
  if (first >= size) {
    answer.status = 416;
    answer.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
    answer.body.clear();
    return;
  }
  answer.status = 206;
  answer.headers.emplace_back("Content-Range", fmt::format("bytes {}-{}/{}", first, size - 1, size));
  answer.body.erase(0, first);
}

}  // namespace

SslContext make_context(const FaultServerOptions& options) {
  if (!options.tls) {
    return nullptr;
  }
  SslContext context(SSL_CTX_new(TLS_server_method()));
  // Weak keys must get as far as the client, who is to refuse them.
  SSL_CTX_set_security_level(context.get(), 0);
  if (SSL_CTX_use_certificate_file(context.get(), options.tls->certificate.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), options.tls->key.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("fault server: certificate");
  }
  if (options.old_tls_only) {
    SSL_CTX_set_min_proto_version(context.get(), TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  }
  if (!options.client_ca.empty()) {
    SSL_CTX_load_verify_locations(context.get(), options.client_ca.c_str(), nullptr);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

Connection::~Connection() {
  if (ssl_) {
    SSL_shutdown(ssl_.get());
  }
  ::close(socket_);
}

bool Connection::handshake() {
  if (context_ == nullptr) {
    return true;
  }
  ssl_.reset(SSL_new(context_));
  if (SSL_set_fd(ssl_.get(), socket_) == 1 && SSL_accept(ssl_.get()) == 1) {
    return true;
  }
  // Lingers like a real server, or the client's first bytes would turn our alert into a reset.
  ::shutdown(socket_, SHUT_WR);
  const timeval patience{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::array<char, 4096> rest{};
  while (::recv(socket_, rest.data(), rest.size(), 0) > 0) {
  }
  return false;
}

bool Connection::fill() {
  std::array<char, 65536> piece{};
  const auto count = ssl_ ? SSL_read(ssl_.get(), piece.data(), static_cast<int>(piece.size()))
                          : static_cast<int>(::recv(socket_, piece.data(), piece.size(), 0));
  if (count <= 0) {
    return false;
  }
  buffer_.append(piece.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<Recorded> Connection::read_head() {
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) {
      return std::nullopt;
    }
    if (buffer_.front() < 'A' || buffer_.front() > 'Z') {  // a TLS hello on a plain port
      static_cast<void>(send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
      return std::nullopt;
    }
  }
  Recorded request;
  std::string_view head = std::string_view(buffer_).substr(0, end);
  const auto line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const auto first = line.find(' ');
  const auto second = line.find(' ', first + 1);
  if (second == std::string_view::npos) {
    return std::nullopt;
  }
  request.method = std::string(line.substr(0, first));
  request.target = std::string(line.substr(first + 1, second - first - 1));
  while (head.find("\r\n") != std::string_view::npos) {
    head.remove_prefix(head.find("\r\n") + 2);
    const std::string_view field = head.substr(0, head.find("\r\n"));
    const auto colon = field.find(':');
    request.headers.emplace_back(trimmed(field.substr(0, colon)), trimmed(field.substr(colon + 1)));
  }
  buffer_.erase(0, end + 4);
  return request;
}

bool Connection::read_body(Recorded& request) {
  const std::size_t size = std::strtoull(request.header("Content-Length").c_str(), nullptr, 10);
  while (buffer_.size() < size) {
    if (!fill()) {
      request.body = buffer_;
      return false;
    }
  }
  request.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return true;
}

bool Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                            : static_cast<int>(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    if (count <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void Connection::reset() {
  const linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  if (ssl_) {
    SSL_set_quiet_shutdown(ssl_.get(), 1);
  }
}

bool Connection::send_body(const Answer& answer) {
  std::string_view rest(answer.body);
  if (answer.drop_after) {
    rest = rest.substr(0, *answer.drop_after);
  }
  const bool chunked = answer.framing == Framing::chunked || answer.framing == Framing::chunked_without_end;
  const std::size_t piece = answer.drip_bytes > 0 ? answer.drip_bytes : 1 << 20;
  while (!rest.empty()) {
    const auto part = rest.substr(0, piece);
    rest.remove_prefix(part.size());
    if (!send(chunked ? fmt::format("{:x}\r\n{}\r\n", part.size(), part) : std::string(part))) {
      return false;
    }
    if (answer.drip_pause.count() > 0) {
      std::this_thread::sleep_for(answer.drip_pause);
    }
  }
  if (answer.drop_after) {
    // What was sent must arrive before the reset does.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    reset();
    return false;
  }
  return answer.framing != Framing::chunked || send("0\r\n\r\n");
}

bool Connection::answer(const Recorded& request, Answer answer) {
  std::this_thread::sleep_for(answer.delay);
  apply_range(request, answer);
  std::string head = fmt::format("HTTP/1.1 {} Scripted\r\n", answer.status);
  for (const auto& [name, value] : answer.headers) {
    head += fmt::format("{}: {}\r\n", name, value);
  }
  if (answer.framing == Framing::length) {
    head += fmt::format("Content-Length: {}\r\n", answer.content_length.value_or(answer.body.size()));
  } else if (answer.framing != Framing::until_close) {
    head += "Transfer-Encoding: chunked\r\n";
  }
  const bool closes = answer.framing == Framing::until_close || answer.framing == Framing::chunked_without_end ||
                      (answer.content_length && *answer.content_length != answer.body.size());
  if (closes) {
    head += "Connection: close\r\n";
  }
  if (!send(head + "\r\n") || (request.method != "HEAD" && !send_body(answer))) {
    return false;
  }
  if (request.method == "HEAD") {
    return true;
  }
  return !closes;
}

}  // namespace kubeferry::testing
