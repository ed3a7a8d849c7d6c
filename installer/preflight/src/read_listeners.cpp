// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <set>
#include <unordered_map>

#include "readers.hpp"

namespace kubeferry::preflight {

namespace {

constexpr std::string_view k_listening = "0A";

/// "0100007F", or four of them for IPv6: numbers of this machine's byte order whose bytes are in network order.
std::optional<host::Address> parse_words(std::string_view text) {
  if (text.size() != 8 && text.size() != 32) {
    return std::nullopt;
  }
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t at = 0; at < text.size(); at += 8) {
    std::uint32_t word = 0;
    const auto [stop, error] = std::from_chars(text.data() + at, text.data() + at + 8, word, 16);
    if (error != std::errc{} || stop != text.data() + at + 8) {
      return std::nullopt;
    }
    std::memcpy(&bytes[at / 2], &word, 4);
  }
  return host::Address::from_bytes(std::span(bytes).first(text.size() / 2)).value();
}

struct Socket {
  Listener listener;
  std::string inode;
};

void read_sockets(const host::Host& host, std::string_view path, std::vector<Socket>& sockets) {
  for (const auto& line : lines_of_words(host, path)) {
    const auto colon = line.size() < 10 || line[3] != k_listening ? std::string::npos : line[1].find(':');
    if (colon == std::string::npos) {
      continue;
    }
    std::uint16_t port = 0;
    std::from_chars(line[1].data() + colon + 1, line[1].data() + line[1].size(), port, 16);
    if (const auto address = parse_words(std::string_view(line[1]).substr(0, colon))) {
      sockets.push_back({{.address = *address, .port = port, .program = {}}, line[9]});
    }
  }
}

/// "socket:[1603]" → "haproxy (pid 812)", for all processes that we may look at.
std::unordered_map<std::string, std::string> read_owners(const host::Host& host, const std::set<std::string>& wanted) {
  namespace fs = std::filesystem;
  std::unordered_map<std::string, std::string> owners;
  std::error_code error;
  for (fs::directory_iterator process(host.at("/proc"), error), end; !error && process != end;
       process.increment(error)) {
    const std::string pid = process->path().filename();
    if (!std::all_of(pid.begin(), pid.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      continue;
    }
    std::error_code gone;
    for (fs::directory_iterator file(process->path() / "fd", gone), last; !gone && file != last; file.increment(gone)) {
      std::error_code closed;
      const std::string target = fs::read_symlink(file->path(), closed);
      if (!closed && wanted.contains(target)) {
        const auto name = host.line(fmt::format("/proc/{}/comm", pid)).value_or("process");
        owners.try_emplace(target, fmt::format("{} (pid {})", name, pid));
      }
    }
  }
  return owners;
}

}  // namespace

std::vector<Listener> read_listeners(const host::Host& host) {
  std::vector<Socket> sockets;
  read_sockets(host, "/proc/net/tcp", sockets);
  read_sockets(host, "/proc/net/tcp6", sockets);
  std::set<std::string> wanted;
  for (const auto& socket : sockets) {
    wanted.insert(fmt::format("socket:[{}]", socket.inode));
  }
  const auto owners = read_owners(host, wanted);
  std::vector<Listener> listeners;
  for (auto& socket : sockets) {
    const auto owner = owners.find(fmt::format("socket:[{}]", socket.inode));
    socket.listener.program = owner == owners.end() ? std::string() : owner->second;
    listeners.push_back(std::move(socket.listener));
  }
  return listeners;
}

}  // namespace kubeferry::preflight
