// SPDX-License-Identifier: Apache-2.0
#include "control_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <kubeferry/base/json.hpp>
#include <kubeferry/base/text.hpp>

namespace kubeferry::rehearsal {

namespace {

constexpr std::size_t k_largest_message = std::size_t{128} << 10;

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(ExitCode::bug, "{}: too long for a socket", path);
  }
  std::memcpy(&address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Result<Fd> new_socket(int flags) {
  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0));
  if (!socket) {
    return fail_errno(errno, "socket");
  }
  return socket;
}

std::string message_of(const Reply& reply) {
  Json json;
  json.set("status", reply.status);
  // What does not fit is cut: people read it.
  json.set("out", reply.out.substr(0, k_largest_message / 8)).set("err", reply.err.substr(0, k_largest_message / 8));
  return to_text(json);
}

void answer(int fd, const Reply& reply) {
  const std::string message = message_of(reply);
  static_cast<void>(::send(fd, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

}  // namespace

Result<ControlSocket> ControlSocket::listen(const std::string& path) {
  KF_TRY_ASSIGN(const sockaddr_un address, address_of(path));
  KF_TRY_ASSIGN(Fd socket, new_socket(SOCK_NONBLOCK));
  static_cast<void>(::unlink(path.c_str()));
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), 64) != 0) {
    return fail_errno(errno, path);
  }
  return ControlSocket(std::move(socket));
}

std::vector<int> ControlSocket::descriptors() const {
  std::vector<int> fds = {socket_.get()};
  std::ranges::transform(callers_, std::back_inserter(fds), [](const auto& caller) { return caller->get(); });
  return fds;
}

void ControlSocket::serve(Manager& manager) {
  for (int caller = 0; (caller = ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
    callers_.push_back(std::make_shared<Fd>(caller));
  }
  std::vector<char> buffer(k_largest_message);
  for (auto& caller : std::vector(callers_)) {
    const ssize_t count = ::recv(caller->get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
      continue;
    }
    std::erase(callers_, caller);
    if (count <= 0) {
      continue;
    }
    std::vector<std::string> arguments;
    for (const auto word : split(std::string_view(buffer.data(), static_cast<std::size_t>(count)), '\0')) {
      arguments.emplace_back(word);
    }
    manager.request(arguments, [caller](const Reply& reply) { answer(caller->get(), reply); });
  }
}

Result<Reply> ask_manager(const std::string& path, std::span<const std::string> arguments) {
  KF_TRY_ASSIGN(const sockaddr_un address, address_of(path));
  KF_TRY_ASSIGN(const Fd socket, new_socket(0));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno(errno, path);
  }
  std::string message;
  for (const auto& word : arguments) {
    message += message.empty() ? "" : std::string(1, '\0');
    message += word;
  }
  if (::send(socket.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0) {
    return fail_errno(errno, path);
  }
  std::vector<char> buffer(k_largest_message);
  ssize_t count = 0;
  do {
    count = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) {
    return fail(ExitCode::io, "{}: no answer", path);
  }
  KF_TRY_ASSIGN(const Json json, parse_json({buffer.data(), static_cast<std::size_t>(count)}, path));
  const JsonView view(json, "reply");
  Reply reply;
  KF_TRY_ASSIGN(const std::uint64_t status, view.unsigned_integer("status"));
  reply.status = static_cast<int>(status);
  KF_TRY_ASSIGN(reply.out, view.string("out"));
  KF_TRY_ASSIGN(reply.err, view.string("err"));
  return reply;
}

}  // namespace kubeferry::rehearsal
