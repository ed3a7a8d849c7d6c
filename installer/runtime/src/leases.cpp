// SPDX-License-Identifier: Apache-2.0
#include "leases.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>

#include <kubeferry/base/text.hpp>

#include "ctr.hpp"

namespace kubeferry::runtime {

namespace {

/// "2026-11-22T07:22:38+02:00": Go prints the host's own offset, "Z" where that is none.
std::optional<TimePoint> go_time(std::string_view text) {
  constexpr std::size_t k_seconds = std::string_view("2026-11-22T05:22:38").size();
  if (text.size() <= k_seconds) {
    return std::nullopt;
  }
  auto time = parse_rfc3339(std::string(text.substr(0, k_seconds)) + "Z");
  const std::string_view offset = text.substr(k_seconds);
  if (!time || offset == "Z") {
    return time ? std::optional(*time) : std::nullopt;
  }
  int hours = 0;
  int minutes = 0;
  if (offset.size() != 6 || (offset[0] != '+' && offset[0] != '-') || offset[3] != ':' ||
      std::from_chars(&offset[1], &offset[3], hours).ptr != &offset[3] ||
      std::from_chars(&offset[4], &offset[4] + 2, minutes).ptr != &offset[4] + 2) {
    return std::nullopt;
  }
  const auto east = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return offset[0] == '+' ? *time - east : *time + east;
}

/// When this containerd made its socket, which it does at each start.
std::optional<TimePoint> started(const host::Host& host, const CriClient& client) {
  struct stat found {};
  if (::stat(host.at(socket_path(client)).c_str(), &found) != 0) {
    return std::nullopt;
  }
  return TimePoint(std::chrono::seconds(found.st_mtim.tv_sec));
}

}  // namespace

Status drop_leases_of_the_dead(const host::Host& host, const CriClient& client) {
  const auto start = client.ctr.empty() ? std::nullopt : started(host, client);
  if (!start) {
    return {};
  }
  KF_TRY_ASSIGN(const std::string table, host.output_of(ctr(client, {"leases", "ls"})));
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  std::vector<std::string> removal = ctr(client, {"leases", "rm", "--sync"});
  const auto without = removal.size();
  for (const auto line : split(table, '\n')) {
    // ID, CREATED AT, LABELS. One without an end is somebody's who means to keep it.
    std::vector<std::string_view> words = split(line, ' ');
    std::erase_if(words, [](std::string_view word) { return word.empty(); });
    if (words.size() < 3 || words[2].find("containerd.io/gc.expire=") == std::string_view::npos) {
      continue;
    }
    const auto created = go_time(words[1]);
    // After a power cut a machine without a battery for its clock may be back in its own past.
    if (created && (*created < *start || *created > now)) {
      removal.emplace_back(words[0]);
    }
  }
  if (removal.size() == without) {
    return {};
  }
  auto done = host.output_of(std::move(removal), std::chrono::minutes(5));
  return done ? Status() : propagate(std::move(done));
}

}  // namespace kubeferry::runtime
